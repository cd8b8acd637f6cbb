package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.sim.far.Place;
import io.headwater.sim.far.WindowResults;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.local.Hops;
import io.headwater.sim.local.LocalPorts;
import io.headwater.sim.local.LocalSystem;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** What the demo does on a local system: load, status lines, verdict. Confined to one thread. */
final class Demo {
  private static final String READINGS = "sensors.temperature";
  private static final String RESULTS = "analytics.temperature-10s";
  private static final Duration START_WITHIN = Duration.ofSeconds(90);
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());

  private final LocalSystem system;
  private final Clock clock;
  private final FleetSettings fleet;
  private final Consumer<String> say;
  private final long startedNanos;
  private boolean firstResultTold;
  private long publishedBefore;

  /**
   * @param beforeMs how long ago the user gave the command
   */
  Demo(LocalSystem system, FleetSettings fleet, long beforeMs, Clock clock, Consumer<String> say) {
    this.clock = clock;
    this.system = system;
    this.fleet = fleet;
    this.say = say;
    startedNanos = System.nanoTime() - beforeMs * 1_000_000;
  }

  Run.Result run(Optional<Duration> length, Interruption interruption) {
    system.start(START_WITHIN, interruption::wasAsked);
    LocalPorts ports = system.ports();
    HostPort hub = ports.kafkaAddress();
    say.accept(
        """

        Everything runs. %d simulated devices publish %.0f readings/s; publish one yourself:
          mosquitto_pub -p %d -q 1 -t sensors/lab/dev42/temperature -m 21.5
        and see what arrives, and the 10-second windows:
          kcat -b %s -C -t %s -o end
          kcat -b %s -C -t %s -o end
        Ctrl-C ends it.
        """
            .formatted(fleet.devices(), fleet.rate(), ports.mqtt(), hub, READINGS, hub, RESULTS));
    try (var results =
            WindowResults.start(Place.Kafka.of(hub, RESULTS), fleet.devicePrefix(), clock);
        var hops = new Hops(ports)) {
      Run.Result result =
          Run.execute(
              fleet,
              Place.Kafka.of(hub, READINGS),
              clock,
              length,
              interruption,
              (second, counts, _) -> {
                firstResult(results.firstNanos());
                say.accept(line(second, counts, hops.read(), results.newest()));
                return system.firstEnded();
              });
      firstResult(results.firstNanos());
      if (!firstResultTold) {
        say.accept("No window result was seen.");
      }
      say.accept("After %.0f s of %.0f readings/s:".formatted(result.seconds(), fleet.rate()));
      return result;
    }
  }

  private void firstResult(OptionalLong nanos) {
    if (nanos.isPresent() && !firstResultTold) {
      firstResultTold = true;
      say.accept(
          "First window result after %.1f s.".formatted((nanos.getAsLong() - startedNanos) / 1e9));
    }
  }

  private String line(
      long second, Fleet.Counts counts, Hops.Sample hops, Optional<WindowResults.Window> window) {
    String line =
        "%4d s  devices %d/s | edge %s/s depth %s | bridge %s/s | hub %s/s | results %s/s"
            .formatted(
                second,
                counts.readings() - publishedBefore,
                number(hops.edge()),
                number(hops.depth()),
                number(hops.bridge()),
                number(hops.hub()),
                number(hops.results()));
    publishedBefore = counts.readings();
    return window
        .map(newest ->
            line
                + " | window %s-%s: %d readings of %d devices, %.2f < %.2f < %.2f"
                    .formatted(
                        SECONDS.format(newest.start()),
                        SECONDS.format(newest.end()),
                        newest.count(),
                        newest.devices(),
                        newest.min(),
                        newest.mean(),
                        newest.max()))
        .orElse(line);
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? Long.toString(Math.round(value.getAsDouble())) : "–";
  }
}
