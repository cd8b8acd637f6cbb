package io.headwater.sim;

import io.headwater.process.DataFolder;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.far.Place;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.local.LocalLinks;
import io.headwater.sim.local.LocalPorts;
import io.headwater.sim.local.LocalSystem;
import io.headwater.sim.local.Part;
import io.headwater.sim.proxy.FaultProxy;
import io.headwater.sim.scenario.Link;
import io.headwater.sim.scenario.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A scenario on a system of its own: free ports, proxies where the scenario breaks links. */
final class LocalRun {
  /** Where the edge agent's usual route leads the fleet's readings. */
  static final String READINGS = "sensors.temperature";

  private static final Duration START_WITHIN = Duration.ofSeconds(90);

  private LocalRun() {}

  /**
   * Starts the system, runs the scenario and stops all.
   *
   * @param data for data and logs; without, a temporary folder, deleted if the run passes
   * @return the exit code
   */
  static int execute(
      Scenario scenario,
      LoadOptions load,
      Optional<Path> data,
      Optional<Path> record,
      PrintWriter out) {
    Path path = data.orElseGet(() -> temporaryFolder(scenario));
    int code;
    try (DataFolder folder = DataFolder.lock(path, "sim")) {
      code = execute(scenario, load, folder.path(), record, out);
    }
    if (data.isEmpty()) {
      if (code == 0) {
        delete(path);
      } else {
        out.println("Data and logs of all processes are in " + path);
        out.flush();
      }
    }
    return code;
  }

  private static int execute(
      Scenario scenario, LoadOptions load, Path data, Optional<Path> record, PrintWriter out) {
    Clock clock = Clock.systemUTC();
    LocalPorts ports = LocalPorts.free();
    FleetSettings fleet = load.fleet(scenario.load(), ports.mqttAddress(), "sim", clock);
    RunView view = Terminal.view(out);
    Map<Link, FaultProxy> proxies = proxies(scenario.links(), ports, fleet.seed());
    Path home = LocalSystem.home();
    var system =
        new LocalSystem(
            home,
            data,
            ports,
            new LocalLinks(address(proxies, Link.UPLINK), address(proxies, Link.HUB)),
            parts(scenario),
            home.resolve("streams-analytics/examples/demo-queries.yaml"),
            line -> view.say("  " + line));
    try (var injector = new FaultInjector(proxies, Optional.of(system));
        var interruption = new Interruption(system::killAll);
        system) {
      view.say("Starting the system, data and logs in " + data);
      system.start(START_WITHIN, interruption::wasAsked);
      FleetSettings led = address(proxies, Link.SENSORS).map(fleet::at).orElse(fleet);
      Place place =
          Place.Kafka.of(address(proxies, Link.HUB).orElse(ports.kafkaAddress()), READINGS);
      RunCommand.announce(view, scenario, led, place.toString());
      RunResult result =
          new Run(scenario, led, place, injector, record, clock, interruption, view).execute();
      return RunCommand.conclude(result, load, out);
    }
  }

  /** Analytics takes memory and time: it is there only if the scenario is about it. */
  private static Set<Part> parts(Scenario scenario) {
    var parts = EnumSet.of(Part.HUB, Part.BRIDGE, Part.EDGE);
    parts.addAll(scenario.parts());
    return parts;
  }

  private static Map<Link, FaultProxy> proxies(Set<Link> links, LocalPorts ports, long seed) {
    var proxies = new EnumMap<Link, FaultProxy>(Link.class);
    for (Link link : links) {
      HostPort target =
          switch (link) {
            case SENSORS -> ports.mqttAddress();
            case UPLINK -> ports.uplinkAddress();
            case HUB -> ports.kafkaAddress();
          };
      proxies.put(
          link,
          new FaultProxy(
              link.label(), new HostPort("127.0.0.1", 0), target, seed + link.ordinal()));
    }
    return proxies;
  }

  private static Optional<HostPort> address(Map<Link, FaultProxy> proxies, Link link) {
    return Optional.ofNullable(proxies.get(link)).map(FaultProxy::address);
  }

  private static Path temporaryFolder(Scenario scenario) {
    try {
      return Files.createTempDirectory("headwater-" + scenario.name() + "-");
    } catch (IOException e) {
      throw UserError.failure(
          "no temporary folder can be made (" + e + "); choose one with --data DIR", e);
    }
  }

  private static void delete(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path visited, @org.jspecify.annotations.Nullable IOException failure)
                throws IOException {
              Files.delete(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw UserError.failure("the temporary folder " + folder + " cannot be deleted: " + e, e);
    }
  }
}
