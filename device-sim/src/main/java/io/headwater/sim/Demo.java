package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.sim.far.Place;
import io.headwater.sim.far.WindowResults;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.local.Hops;
import io.headwater.sim.local.LocalPorts;
import io.headwater.sim.local.LocalSystem;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** What the demo does on a local system: load, status lines, verdict. Confined to one thread. */
final class Demo {
  private static final String READINGS = LocalRun.READINGS;
  private static final String RESULTS = "analytics.temperature-10s";
  private static final Duration START_WITHIN = Duration.ofSeconds(90);
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());

  private final LocalSystem system;
  private final LocalPorts ports;
  private final Clock clock;
  private final FleetSettings fleet;
  private final Consumer<String> say;
  private final long startedNanos;
  private boolean firstResultTold;

  /**
   * @param beforeMs how long ago the user gave the command
   */
  Demo(
      LocalSystem system,
      LocalPorts ports,
      FleetSettings fleet,
      long beforeMs,
      Clock clock,
      Consumer<String> say) {
    this.clock = clock;
    this.system = system;
    this.ports = ports;
    this.fleet = fleet;
    this.say = say;
    startedNanos = System.nanoTime() - beforeMs * 1_000_000;
  }

  RunResult run(Optional<Duration> length, Interruption interruption) {
    system.start(START_WITHIN, interruption::wasAsked);
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
      RunResult result =
          new Run(
                  RunCommand.plain("demo", length),
                  fleet,
                  Place.Kafka.of(hub, READINGS),
                  new FaultInjector(Map.of(), Optional.of(system)),
                  Optional.empty(),
                  clock,
                  interruption,
                  new View(hops, results))
              .execute();
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

  /** A line a second: what passes each hop, and the newest window. */
  private final class View implements RunView {
    private final Hops hops;
    private final WindowResults results;
    private final Rates rates = new Rates();

    View(Hops hops, WindowResults results) {
      this.hops = hops;
      this.results = results;
    }

    @Override
    public void status(Status status) {
      firstResult(results.firstNanos());
      Hops.Sample passed = hops.read();
      String line =
          "%4d s  devices %d/s | edge %s/s depth %s | bridge %s/s | hub %s/s | results %s/s"
              .formatted(
                  status.second(),
                  rates.since(status).published(),
                  number(passed.edge()),
                  number(passed.depth()),
                  number(passed.bridge()),
                  number(passed.hub()),
                  number(passed.results()));
      say(results.newest().map(window -> line + describe(window)).orElse(line));
    }

    @Override
    public void say(String line) {
      say.accept(line);
    }
  }

  private static String describe(WindowResults.Window window) {
    return " | window %s-%s: %d readings of %d devices, %.2f < %.2f < %.2f"
        .formatted(
            SECONDS.format(window.start()),
            SECONDS.format(window.end()),
            window.count(),
            window.devices(),
            window.min(),
            window.mean(),
            window.max());
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? Long.toString(Math.round(value.getAsDouble())) : "–";
  }
}
