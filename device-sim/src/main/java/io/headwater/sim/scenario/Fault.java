package io.headwater.sim.scenario;

import io.headwater.sim.proxy.LinkFault;
import java.util.Locale;

/** Something that goes wrong on purpose. */
public sealed interface Fault {
  /** For people: {@code cut uplink}. */
  String describe();

  /**
   * A link does not do what it should.
   *
   * @param number of the link, from 1 on, where there are several; 0 for all of them
   */
  record OnLink(Link link, int number, LinkFault fault) implements Fault {
    public OnLink(Link link, LinkFault fault) {
      this(link, 0, fault);
    }

    @Override
    public String describe() {
      String on = " " + link.label() + (number == 0 ? "" : "-" + number);
      return switch (fault) {
        case LinkFault.Cut _ -> "cut" + on;
        case LinkFault.HalfOpen _ -> "half-open" + on;
        case LinkFault.BlackHole _ -> "black-hole" + on;
        case LinkFault.OneWay(var passes) ->
            "one-way" + on + ", passes " + ScenarioFile.directionLabel(passes);
        case LinkFault.Delay(var by, var jitter) ->
            "delay" + on + " by " + by.toMillis() + " to " + by.plus(jitter).toMillis() + " ms";
        case LinkFault.Loss(var every) ->
            "loss" + on + ", a reset every " + every.toMillis() + " ms on average";
        case LinkFault.Bandwidth(var bytesPerSecond) ->
            "bandwidth" + on + " " + bytesPerSecond + " B/s";
      };
    }
  }

  /** What is about a process. */
  sealed interface OnProcess extends Fault {
    Target target();

    /** The same, about another. */
    OnProcess on(Target other);
  }

  /** SIGKILL; the end of the fault starts the process again. */
  record Kill(Target target) implements OnProcess {
    @Override
    public OnProcess on(Target other) {
      return new Kill(other);
    }

    @Override
    public String describe() {
      return "kill " + target.label();
    }
  }

  /** A session thread of the broker inside a bridge ends without a word. */
  record BreakBroker(Target target) implements OnProcess {
    @Override
    public OnProcess on(Target other) {
      return new BreakBroker(other);
    }

    @Override
    public String describe() {
      return "break the broker of " + target.label();
    }
  }

  /** SIGTERM, awaited; the end of the fault starts the process again. */
  record Restart(Target target) implements OnProcess {
    @Override
    public OnProcess on(Target other) {
      return new Restart(other);
    }

    @Override
    public String describe() {
      return "restart " + target.label();
    }
  }

  /** SIGSTOP, and SIGCONT at the end of the fault. */
  record Suspend(Target target) implements OnProcess {
    @Override
    public OnProcess on(Target other) {
      return new Suspend(other);
    }

    @Override
    public String describe() {
      return "suspend " + target.label();
    }
  }

  /** The file system that holds the process' data has no byte left. */
  record Fill(Target target) implements OnProcess {
    @Override
    public OnProcess on(Target other) {
      return new Fill(other);
    }

    @Override
    public String describe() {
      return "fill the disk of " + target.label();
    }
  }

  /**
   * Devices' connections are reset at once, and the devices come back at once.
   *
   * @param fraction of the devices, above 0 and at most 1
   */
  record Storm(double fraction) implements Fault {
    @Override
    public String describe() {
      return String.format(Locale.ROOT, "storm of %.0f %% of the sensors", fraction * 100);
    }
  }
}
