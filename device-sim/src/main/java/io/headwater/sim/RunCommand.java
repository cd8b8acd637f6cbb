package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.sim.far.Place;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headwater sim run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description =
        "Publishes as many devices would, follows every reading to the hub and says what became of"
            + " it. Exit code 0 only if nothing was lost, doubled or damaged.")
final class RunCommand implements Callable<Integer> {
  @Option(
      names = "--mqtt",
      paramLabel = "HOST:PORT",
      defaultValue = "localhost:1883",
      description = "Where the devices connect; default ${DEFAULT-VALUE}.")
  private String mqtt = "";

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      defaultValue = "localhost:9092",
      description = "The hub, or any Kafka, where the readings arrive; default ${DEFAULT-VALUE}.")
  private String hub = "";

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      defaultValue = "sensors.temperature",
      description = "The hub's topic that the devices' route leads to; default ${DEFAULT-VALUE}.")
  private String topic = "";

  @Mixin private final LoadOptions load = new LoadOptions();

  @Spec private @Nullable CommandSpec spec;

  private long publishedBefore;
  private long arrivedBefore;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    HostPort broker = LoadOptions.address("--mqtt", mqtt);
    HostPort hubAddress = LoadOptions.address("--hub", hub);
    FleetSettings fleet = load.fleet(broker, "sim", Clock.systemUTC());
    try (var interruption = new Interruption(() -> {})) {
      out.println(
          "%d devices %s…, %.0f readings/s to %s, verified at %s topic %s, seed %d"
              .formatted(
                  fleet.devices(),
                  fleet.devicePrefix(),
                  fleet.rate(),
                  broker,
                  hubAddress,
                  topic,
                  fleet.seed()));
      out.flush();
      Run.Result result =
          Run.execute(
              fleet,
              Place.Kafka.of(hubAddress, topic),
              Clock.systemUTC(),
              load.length(),
              interruption,
              (second, counts, arrived) -> {
                out.println(line(second, counts, arrived));
                out.flush();
                return Optional.empty();
              });
      load.json().ifPresent(result::write);
      out.println(
          "After %.0f s, %d publishes, %d connections lost, acknowledged in %.1f ms (median),"
                  .formatted(
                      result.seconds(),
                      result.counts().attempts(),
                      result.counts().connectionsLost(),
                      result.counts().medianMillis())
              + " %.1f ms (99 %%):".formatted(result.counts().p99Millis()));
      out.println(result.verdict().describe());
      out.flush();
      return result.passed() ? 0 : 1;
    }
  }

  private String line(long second, Fleet.Counts counts, long arrived) {
    String line =
        "%4d s  %d connected  published %d/s  arrived %d/s  unacknowledged %d  on the way %d"
            .formatted(
                second,
                counts.connected(),
                counts.readings() - publishedBefore,
                arrived - arrivedBefore,
                counts.readings() - counts.acknowledged(),
                Math.max(0, counts.acknowledged() - arrived));
    publishedBefore = counts.readings();
    arrivedBefore = arrived;
    return line;
  }
}
