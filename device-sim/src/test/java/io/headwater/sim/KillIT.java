package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.far.Place;
import io.headwater.sim.far.Verifier;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.local.Part;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL to one process after the other while readings are under way. */
@Timeout(300)
class KillIT {
  private static final String PREFIX = "kill-";
  private static final int DEVICES = 10;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final List<String> events = new ArrayList<>();

  @Test
  void nothingIsLostOrDoubledWhenEachProcessIsKilledInTheMiddleOfTraffic() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var ledger = new Ledger();
    try (var running = new LocalSystemFixture(folder, events::add);
        Verifier verifier =
            Verifier.start(
                Place.Kafka.of(running.hub(), "sensors.temperature"),
                PREFIX,
                Rules.DEFAULTS,
                ledger,
                RunListener.NONE,
                Clock.systemUTC());
        var fleet =
            new Fleet(
                FleetSettings.of(
                    running.mqtt(), PREFIX, DEVICES, 300, "sensors/demo", seed.value()),
                ledger,
                Clock.systemUTC());
        var library = new HivemqDevice(running.mqtt(), PREFIX + "hivemq", ledger)) {
      fleet.connect(Duration.ofSeconds(5));
      fleet.begin();
      for (Part part : List.of(Part.EDGE, Part.BRIDGE, Part.HUB)) {
        traffic(random.nextInt(1_000, 3_000));
        // In the middle of traffic: something must be flowing at the very end of the path.
        long arrived = verifier.arrivedCount();
        Awaitility.await("readings arrive before " + part + " is killed, " + seed + events)
            .atMost(Duration.ofSeconds(30))
            .until(() -> verifier.arrivedCount() > arrived);
        events.add("kill " + part + " with " + verifier.arrivedCount() + " arrived");
        running.system().kill(part);
        traffic(random.nextInt(50, 1_500));
        running.restart(part);
      }
      traffic(2_000);
      library.stop();
      fleet.stop();
      assertThat(fleet.drain(Duration.ofSeconds(30)))
          .as("all readings acknowledged, %s %s", seed, events)
          .isTrue();
      Verdict verdict = verifier.finish(Duration.ofSeconds(60));

      assertThat(verdict.passed() && verdict.reordered().total() == 0)
          .as("%s%n%s%n%s", seed, events, verdict.describe())
          .isTrue();
      assertThat(verdict.readings().acknowledged())
          .isEqualTo(ledger.readingCount())
          .isGreaterThan(2_000);
      assertThat(fleet.counts().connectionsLost())
          .as("connections that the edge's end broke")
          .isGreaterThanOrEqualTo(DEVICES);
    }
  }

  private static void traffic(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    Awaitility.await().forever().until(() -> System.nanoTime() - end > 0);
  }
}
