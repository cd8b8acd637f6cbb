package io.headwater.sim.scenario;

import io.headwater.sim.local.Part;
import io.headwater.sim.proxy.LinkFault;
import java.util.Locale;

/** Something that goes wrong on purpose. */
public sealed interface Fault {
  /** For people: {@code cut uplink}. */
  String describe();

  /** A link does not do what it should. */
  record OnLink(Link link, LinkFault fault) implements Fault {
    @Override
    public String describe() {
      String on = " " + link.label();
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

  /** SIGKILL; the end of the fault starts the process again. */
  record Kill(Part part) implements Fault {
    @Override
    public String describe() {
      return "kill " + part.command();
    }
  }

  /** SIGTERM, awaited; the end of the fault starts the process again. */
  record Restart(Part part) implements Fault {
    @Override
    public String describe() {
      return "restart " + part.command();
    }
  }

  /** SIGSTOP, and SIGCONT at the end of the fault. */
  record Suspend(Part part) implements Fault {
    @Override
    public String describe() {
      return "suspend " + part.command();
    }
  }

  /** The file system that holds the process' data has no byte left. */
  record Fill(Part part) implements Fault {
    @Override
    public String describe() {
      return "fill the disk of " + part.command();
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
