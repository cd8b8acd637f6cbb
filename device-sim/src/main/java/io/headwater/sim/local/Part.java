package io.headwater.sim.local;

import java.util.Locale;

/** The processes of a local system: each needs at most those before it. Stopped in reverse. */
public enum Part {
  HUB,
  BRIDGE,
  ANALYTICS,
  EDGE;

  /** The launcher's command, and the name of folder and log file. */
  public String command() {
    return name().toLowerCase(Locale.ROOT);
  }
}
