package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.far.Place;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.local.Layout;
import io.headwater.sim.scenario.Load;
import io.headwater.sim.scenario.ReadyScenarios;
import io.headwater.sim.scenario.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code headwater sim run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Publishes as many devices would, breaks the path on a script, follows every reading to the"
          + " far end and says what became of it. Exit code 0 only if nothing was lost, doubled or"
          + " damaged, and the scenario's bounds held.",
      "A scenario without addresses runs on a system of its own: hub, bridge and edge agent are"
          + " started on free ports and stopped at its end. Without a scenario, the load goes to"
          + " what already runs."
    })
final class RunCommand implements Callable<Integer> {
  private static final HostPort MQTT = new HostPort("localhost", 1883);
  private static final HostPort HUB = new HostPort("localhost", 9092);

  @Parameters(
      arity = "0..1",
      paramLabel = "SCENARIO",
      description = "A ready one (see 'headwater sim show') or a YAML file.")
  private @Nullable String scenario;

  @Option(
      names = "--mqtt",
      paramLabel = "HOST:PORT",
      description = "Where the devices connect; default localhost:1883.")
  private @Nullable String mqtt;

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      description = "The hub, or any Kafka, where the readings arrive; default localhost:9092.")
  private @Nullable String hub;

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      defaultValue = LocalRun.READINGS,
      description = "The hub's topic that the devices' route leads to; default ${DEFAULT-VALUE}.")
  private String topic = "";

  @Option(
      names = "--hub-settings",
      paramLabel = "FILE",
      description = "Properties of Kafka's consumer for the hub, for TLS or a password.")
  private @Nullable Path hubSettings;

  @Option(
      names = "--far",
      paramLabel = "PLACE",
      description =
          "In place of --hub and --topic: kafka://HOST:PORT/TOPIC,TOPIC or"
              + " mqtt://HOST:PORT/TOPIC/FILTER/#")
  private @Nullable String far;

  @Option(
      names = "--link",
      paramLabel = "NAME=PORT:HOST:PORT",
      description =
          "Leads a link through here, so that a scenario can break it: listens on PORT and passes on"
              + " to HOST:PORT. NAME: uplink or hub; 'sensors' needs none.")
  private List<String> links = List.of();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder for data and logs of the system that a scenario starts; default: a temporary one,"
              + " deleted if the run passes.")
  private @Nullable Path data;

  @Option(
      names = "--system-hub",
      paramLabel = "HOST:PORT",
      description =
          "The system that a scenario starts has no hub of its own and uses this one, or any Kafka.")
  private @Nullable String systemHub;

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description =
          "Also writes down every publish, acknowledgement and arrival, so that 'headwater sim"
              + " judge' can repeat the verdict; compressed if the name ends in .gz.")
  private @Nullable Path record;

  @Mixin private final LoadOptions load = new LoadOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Scenario chosen = chosen();
    boolean ownSystem = scenario != null && mqtt == null && hub == null && far == null;
    if (ownSystem) {
      if (!links.isEmpty()) {
        throw UserError.usage("--link is for systems that run already: give their addresses, too");
      }
      return LocalRun.execute(chosen, load, Optional.ofNullable(data), systemHub(), record(), out);
    }
    if (systemHub().isPresent()) {
      throw UserError.usage("--system-hub is for a scenario that starts a system of its own");
    }
    HostPort broker = mqtt == null ? MQTT : LoadOptions.address("--mqtt", mqtt);
    Clock clock = Clock.systemUTC();
    try (Proxies proxies = Proxies.open(links, chosen, broker, load.seedOr(clock.millis()));
        var interruption = new Interruption(() -> {})) {
      var injector = new FaultInjector(proxies.byLink(), Optional.empty());
      injector.require(chosen);
      FleetSettings fleet = load.fleet(chosen.load(), proxies.broker(), "sim", clock);
      Place place = place();
      RunView view = Terminal.view(out);
      announce(view, chosen, fleet, place.toString());
      RunResult result =
          new Run(chosen, fleet, place, injector, record(), clock, interruption, view).execute();
      return conclude(result, load, out);
    }
  }

  /** What a run is, in a line, with what is needed to replay it. */
  static void announce(RunView view, Scenario scenario, FleetSettings fleet, String place) {
    view.say(
        "%s: %d devices %s…, %.0f readings/s to %s, verified at %s, seed %d"
            .formatted(
                scenario.name(),
                fleet.devices(),
                fleet.devicePrefix(),
                fleet.rate(),
                fleet.broker().address(),
                place,
                fleet.seed()));
  }

  /** Tells the result; the exit code. */
  static int conclude(RunResult result, LoadOptions load, PrintWriter out) {
    load.json().ifPresent(result::write);
    out.println(
        "After %.0f s, %d publishes, %d connections lost, acknowledged in %.1f ms (median), %.1f ms (99 %%)"
            .formatted(
                result.seconds(),
                result.counts().attempts(),
                result.counts().connectionsLost(),
                result.counts().medianMillis(),
                result.counts().p99Millis()));
    out.println(result.describe());
    out.flush();
    return result.passed() ? 0 : 1;
  }

  private Optional<HostPort> systemHub() {
    return Optional.ofNullable(systemHub).map(text -> LoadOptions.address("--system-hub", text));
  }

  private Optional<Path> record() {
    return Optional.ofNullable(record);
  }

  private Scenario chosen() {
    if (scenario != null) {
      Scenario found = ReadyScenarios.find(scenario);
      if (load.length().isEmpty()) {
        return found;
      }
      return found
          .lasting(load.length().get())
          .orElseThrow(() ->
              UserError.usage(
                  "--for is for runs without a scenario, and for scenarios with faults at random:"
                      + " the phases of "
                      + found.name()
                      + " say how long"));
    }
    return plain("load", load.length());
  }

  /** One phase of steady load. */
  static Scenario plain(String name, Optional<Duration> length) {
    return new Scenario(
        name,
        "",
        Layout.USUAL,
        Load.UNSAID,
        Duration.ofMinutes(1),
        Duration.ofSeconds(30),
        List.of(
            new Scenario.Phase(
                name, length, Optional.empty(), List.of(), Optional.empty(), List.of())),
        Scenario.NEVER);
  }

  private Place place() {
    try {
      if (far != null) {
        if (hub != null) {
          throw UserError.usage("--far and --hub: give one of them");
        }
        return Place.parse(far, settings());
      }
      HostPort address = hub == null ? HUB : LoadOptions.address("--hub", hub);
      return new Place.Kafka(address, List.of(topic.split(",", -1)), settings());
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--far: " + e.getMessage());
    }
  }

  private Map<String, String> settings() {
    var settings = new TreeMap<String, String>();
    if (hubSettings != null) {
      var properties = new Properties();
      try (Reader reader = Files.newBufferedReader(hubSettings)) {
        properties.load(reader);
      } catch (IOException e) {
        throw UserError.failure(
            "--hub-settings " + hubSettings + ": cannot be read (" + e + ")", e);
      }
      properties
          .stringPropertyNames()
          .forEach(key -> settings.put(key, properties.getProperty(key)));
    }
    return settings;
  }
}
