package io.headwater.sim;

import io.headwater.process.UserError;
import io.headwater.sim.disk.DiskFiller;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.local.LocalSystem;
import io.headwater.sim.local.Member;
import io.headwater.sim.proxy.FaultProxy;
import io.headwater.sim.proxy.LinkFault;
import io.headwater.sim.scenario.Fault;
import io.headwater.sim.scenario.Link;
import io.headwater.sim.scenario.Scenario;
import io.headwater.sim.wreck.Wreck;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Makes faults real, on the links and processes that it is given. Thread-safe: a fault waits until
 * the process has got over the one before. Each ends on the thread on which it began.
 */
final class FaultInjector implements AutoCloseable {
  private static final Duration START_WITHIN = Duration.ofSeconds(90);

  private final Map<Link, List<FaultProxy>> proxies;
  private final Map<Member, ReentrantLock> busy = new ConcurrentHashMap<>();
  private final Optional<LocalSystem> system;

  /** A fault that is in effect until it is closed. */
  interface InEffect {
    void end();
  }

  /**
   * @param proxies closed together with this
   * @param system whose processes may be killed
   */
  FaultInjector(Map<Link, List<FaultProxy>> proxies, Optional<LocalSystem> system) {
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
    if (system.isEmpty() && !scenario.targets().isEmpty()) {
      throw UserError.usage(
          "scenario %s strikes the process '%s', which only works on processes that this command"
                  .formatted(scenario.name(), scenario.targets().getFirst().label())
              + " starts itself; leave the addresses out");
    }
  }

  /**
   * Begins a fault; returns when it is in effect.
   *
   * @param isTooLate asked once its process is free
   * @return empty if it was too late
   */
  Optional<InEffect> begin(Fault fault, Fleet fleet, BooleanSupplier isTooLate) {
    return switch (fault) {
      case Fault.OnLink(Link link, int number, LinkFault linkFault) -> {
        List<FaultProxy.Effect> effects =
            proxies(link, number).stream().map(proxy -> proxy.apply(linkFault)).toList();
        yield Optional.of(() -> effects.forEach(FaultProxy.Effect::close));
      }
      case Fault.OnProcess about -> onProcess(about, isTooLate);
      case Fault.Storm(double fraction) -> {
        fleet.dropConnections(fraction);
        yield Optional.of(() -> {});
      }
    };
  }

  private Optional<InEffect> onProcess(Fault.OnProcess fault, BooleanSupplier isTooLate) {
    Member member = fault.target().member();
    ReentrantLock own = busy.computeIfAbsent(member, _ -> new ReentrantLock());
    own.lock();
    try {
      if (isTooLate.getAsBoolean()) {
        own.unlock();
        return Optional.empty();
      }
      InEffect effect = strike(fault, member);
      return Optional.of(() -> {
        try {
          effect.end();
        } finally {
          own.unlock();
        }
      });
    } catch (RuntimeException | Error e) {
      own.unlock();
      throw e;
    }
  }

  private InEffect strike(Fault.OnProcess fault, Member member) {
    return switch (fault) {
      case Fault.Kill _ -> {
        system().kill(member);
        yield () -> system().start(member, START_WITHIN);
      }
      case Fault.Restart _ -> {
        system().stop(member);
        yield () -> system().start(member, START_WITHIN);
      }
      case Fault.Suspend _ -> {
        system().suspend(member);
        yield () -> system().resume(member);
      }
      case Fault.BreakBroker _ -> {
        Wreck.endSessionLoop(system().pid(member));
        yield () -> {};
      }
      case Fault.Fill _ -> {
        var filler = new DiskFiller(system().dataFolder(member));
        yield filler::close;
      }
    };
  }

  /** A line about a process that has ended although no fault asked it to. */
  Optional<String> firstEnded() {
    return system.flatMap(LocalSystem::firstEnded);
  }

  private List<FaultProxy> proxies(Link link, int number) {
    List<FaultProxy> all = proxies.getOrDefault(link, List.of());
    return number == 0 ? all : List.of(all.get(number - 1));
  }

  private LocalSystem system() {
    return system.orElseThrow();
  }

  @Override
  public void close() {
    proxies.values().forEach(all -> all.forEach(FaultProxy::close));
  }
}
