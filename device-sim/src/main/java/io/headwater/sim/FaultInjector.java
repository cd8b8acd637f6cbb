package io.headwater.sim;

import io.headwater.process.UserError;
import io.headwater.sim.disk.DiskFiller;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.local.LocalSystem;
import io.headwater.sim.local.Part;
import io.headwater.sim.proxy.FaultProxy;
import io.headwater.sim.proxy.LinkFault;
import io.headwater.sim.scenario.Fault;
import io.headwater.sim.scenario.Link;
import io.headwater.sim.scenario.Scenario;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Makes faults real, on the links and processes that it is given. Thread-safe, as long as only one
 * fault at a time is about a process.
 */
final class FaultInjector implements AutoCloseable {
  private static final Duration START_WITHIN = Duration.ofSeconds(90);

  private final Map<Link, FaultProxy> proxies;
  private final Optional<LocalSystem> system;

  /** A fault that is in effect until it is closed. */
  interface InEffect {
    void end();
  }

  /**
   * @param proxies closed together with this
   * @param system whose processes may be killed
   */
  FaultInjector(Map<Link, FaultProxy> proxies, Optional<LocalSystem> system) {
    this.proxies = new EnumMap<>(Link.class);
    this.proxies.putAll(proxies);
    this.system = system;
  }

  /**
   * Looks whether all faults of a scenario can be made here.
   *
   * @throws UserError with exit code 2 that names what is missing
   */
  void require(Scenario scenario) {
    for (Link link : scenario.links()) {
      if (!proxies.containsKey(link)) {
        throw UserError.usage(
            "scenario %s breaks the link '%s', and addresses are given: lead it through here with"
                    .formatted(scenario.name(), link.label())
                + " --link %s=PORT:HOST:PORT, or leave the addresses out".formatted(link.label()));
      }
    }
    if (system.isEmpty() && !scenario.parts().isEmpty()) {
      throw UserError.usage(
          "scenario %s strikes the process '%s', which only works on processes that this command"
                  .formatted(scenario.name(), scenario.parts().iterator().next().command())
              + " starts itself; leave the addresses out");
    }
  }

  /** Begins a fault; returns when it is in effect. */
  InEffect begin(Fault fault, Fleet fleet) {
    return switch (fault) {
      case Fault.OnLink(Link link, LinkFault linkFault) -> {
        FaultProxy.Effect effect = proxy(link).apply(linkFault);
        yield effect::close;
      }
      case Fault.Kill(Part part) -> {
        system().kill(part);
        yield () -> system().start(part, START_WITHIN);
      }
      case Fault.Restart(Part part) -> {
        system().stop(part);
        yield () -> system().start(part, START_WITHIN);
      }
      case Fault.Suspend(Part part) -> {
        system().suspend(part);
        yield () -> system().resume(part);
      }
      case Fault.Fill(Part part) -> {
        var filler = new DiskFiller(system().dataFolder(part));
        yield filler::close;
      }
      case Fault.Storm(double fraction) -> {
        fleet.dropConnections(fraction);
        yield () -> {};
      }
    };
  }

  /** A line about a process that has ended although no fault asked it to. */
  Optional<String> firstEnded() {
    return system.flatMap(LocalSystem::firstEnded);
  }

  private FaultProxy proxy(Link link) {
    FaultProxy proxy = proxies.get(link);
    if (proxy == null) {
      throw new AssertionError(link);
    }
    return proxy;
  }

  private LocalSystem system() {
    return system.orElseThrow();
  }

  @Override
  public void close() {
    proxies.values().forEach(FaultProxy::close);
  }
}
