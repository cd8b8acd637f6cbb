package io.headwater.sim;

import io.headwater.process.DataFolder;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.far.Place;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.local.LocalSystem;
import io.headwater.sim.local.Part;
import io.headwater.sim.local.Site;
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
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A scenario on a system of its own: free ports, proxies where the scenario breaks links. */
final class LocalRun {
  /** Where the edge agent's usual route leads the fleet's readings. */
  static final String READINGS = "sensors.temperature";

  private static final Duration START_WITHIN = Duration.ofSeconds(90);
  private static final Duration START_EACH = Duration.ofSeconds(5);

  private LocalRun() {}

  /**
   * Starts the system, runs the scenario and stops all.
   *
   * @param data for data and logs; without, a temporary folder, deleted if the run passes
   * @param hub one that runs already, in place of the system's own
   * @return the exit code
   */
  static int execute(
      Scenario scenario,
      LoadOptions load,
      Optional<Path> data,
      Optional<HostPort> hub,
      Optional<Path> record,
      PrintWriter out) {
    Path path = data.orElseGet(() -> temporaryFolder(scenario));
    int code;
    try (DataFolder folder = DataFolder.lock(path, "sim")) {
      code = execute(scenario, load, folder.path(), hub, record, out);
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
      Scenario scenario,
      LoadOptions load,
      Path data,
      Optional<HostPort> hub,
      Optional<Path> record,
      PrintWriter out) {
    hub.ifPresent(_ -> requireNoFaultOfHub(scenario));
    Clock clock = Clock.systemUTC();
    // Analytics takes memory and time: it is there only if the scenario is about it.
    var site = new Site(scenario.layout(), scenario.parts().contains(Part.ANALYTICS), data, hub);
    FleetSettings fleet = load.fleet(scenario.load(), site.sensors().getFirst(), "sim", clock);
    RunView view = Terminal.view(out);
    Map<Link, List<FaultProxy>> proxies = proxies(scenario.links(), site, fleet.seed());
    HostPort led = ledThrough(proxies, Link.HUB, List.of(site.hub())).getFirst();
    var system =
        new LocalSystem(
            LocalSystem.home(),
            data,
            site,
            ledThrough(proxies, Link.UPLINK, site.brokers()),
            led,
            line -> view.say("  " + line));
    try (var injector = new FaultInjector(proxies, Optional.of(system));
        var interruption = new Interruption(system::killAll);
        system) {
      int processes = site.members().size();
      view.say("Starting %d processes, data and logs in %s".formatted(processes, data));
      system.start(START_WITHIN.plus(START_EACH.multipliedBy(processes)), interruption::wasAsked);
      FleetSettings spread = fleet.over(ledThrough(proxies, Link.SENSORS, site.sensors()));
      Place place = Place.Kafka.of(led, READINGS);
      RunCommand.announce(view, scenario, spread, place.toString());
      RunResult result =
          new Run(scenario, spread, place, injector, record, clock, interruption, view).execute();
      return RunCommand.conclude(result, load, out);
    }
  }

  /** It is not ours, and advertises its own address. */
  private static void requireNoFaultOfHub(Scenario scenario) {
    if (scenario.links().contains(Link.HUB)
        || scenario.targets().stream().anyMatch(target -> target.part().isEmpty())
        || scenario.parts().contains(Part.HUB)) {
      throw UserError.usage(
          "scenario %s strikes the hub or its link, and --system-hub names one that is not this command's"
                  .formatted(scenario.name())
              + " to break: take those faults out ('any' may strike it, too)");
    }
  }

  private static Map<Link, List<FaultProxy>> proxies(Set<Link> links, Site site, long seed) {
    var proxies = new EnumMap<Link, List<FaultProxy>>(Link.class);
    for (Link link : links) {
      List<HostPort> targets =
          switch (link) {
            case SENSORS -> site.sensors();
            case UPLINK -> site.brokers();
            case HUB -> List.of(site.hub());
          };
      var all = new ArrayList<FaultProxy>();
      for (HostPort target : targets) {
        all.add(
            new FaultProxy(
                link.label(),
                new HostPort("127.0.0.1", 0),
                target,
                seed + link.ordinal() + 31L * all.size()));
      }
      proxies.put(link, all);
    }
    return proxies;
  }

  /** The addresses of the proxies in front of them, if there are any. */
  private static List<HostPort> ledThrough(
      Map<Link, List<FaultProxy>> proxies, Link link, List<HostPort> direct) {
    List<FaultProxy> before = proxies.get(link);
    return before == null ? direct : before.stream().map(FaultProxy::address).toList();
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
