package io.headwater.sim.local;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The processes of a local system: each needs at most those before it. Stopped in reverse. */
public enum Part {
  HUB,
  /** A broker between gateways and bridges that is not ours. */
  MOSQUITTO,
  BRIDGE,
  ANALYTICS,
  EDGE;

  /** Headwater's own. */
  public static final Set<Part> OWN =
      Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(MOSQUITTO)));

  /** The launcher's command, and the name of folder and log file. */
  public String command() {
    return name().toLowerCase(Locale.ROOT);
  }
}
