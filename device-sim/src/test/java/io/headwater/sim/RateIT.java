package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.far.Place;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.local.Hops;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * 2,000 readings/s through the whole path, with everything on this machine. {@code
 * -Dheadwater.rate.seconds=60} is the long form.
 */
@Timeout(240)
class RateIT {
  private static final double RATE = 2_000;
  private static final Duration TIME =
      Duration.ofSeconds(Integer.getInteger("headwater.rate.seconds", 15));

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void twoThousandReadingsASecondPassWithoutPilingUpAtTheEdge() {
    var depths = new ArrayList<Double>();
    try (var running = new LocalSystemFixture(folder, _ -> {});
        var hops = new Hops(running.ports());
        var interruption = new Interruption(() -> {})) {
      RunResult result =
          new Run(
                  RunCommand.plain("rate", Optional.of(TIME)),
                  FleetSettings.of(running.mqtt(), "rate-", 50, RATE, "sensors/demo", 1),
                  Place.Kafka.of(running.hub(), "sensors.temperature"),
                  new FaultInjector(Map.of(), Optional.of(running.system())),
                  Optional.empty(),
                  Clock.systemUTC(),
                  interruption,
                  new RunView() {
                    @Override
                    public void status(Status status) {
                      hops.read().depth().ifPresent(depths::add);
                    }

                    @Override
                    public void say(String line) {}
                  })
              .execute();

      String text = result.verdict().describe() + "\n" + result.counts() + "\ndepths " + depths;
      assertThat(result.passed()).as(text).isTrue();
      assertThat(result.counts().readings())
          .as(text)
          .isGreaterThan((long) (0.98 * RATE * TIME.toSeconds()));
      // A path that is 2 % too slow would have piled up more than that.
      int third = depths.size() / 3;
      assertThat(third).as("readings of the depth").isPositive();
      double grown =
          mean(depths.subList(depths.size() - third, depths.size()))
              - mean(depths.subList(depths.size() - 2 * third, depths.size() - third));
      assertThat(grown).as(text).isLessThan(Math.max(300, 0.02 * RATE * third));
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
