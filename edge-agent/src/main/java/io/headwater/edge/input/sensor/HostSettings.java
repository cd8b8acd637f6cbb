package io.headwater.edge.input.sensor;

import java.util.List;

/**
 * What the machine tells of itself.
 *
 * @param bus {@code host}, or another where reading may hang
 */
record HostSettings(String bus, List<Quantity> quantities, Opener opener)
    implements SensorSettings {
  static final String HOST = "host";

  /** How it is opened. */
  @FunctionalInterface
  interface Opener {
    Sensor open(Machine machine) throws SensorFault;
  }

  HostSettings {
    quantities = List.copyOf(quantities);
  }

  @Override
  public Sensor open(Machine machine) throws SensorFault {
    return opener.open(machine);
  }
}
