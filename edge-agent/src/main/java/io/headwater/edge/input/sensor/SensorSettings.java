package io.headwater.edge.input.sensor;

import java.util.List;
import java.util.Optional;

/** A sensor as it is declared. Immutable. */
public interface SensorSettings {
  /** Its bus, for users; what is on one bus is read by one thread, in turn. */
  String bus();

  List<Quantity> quantities();

  /** Which pin it has for itself; of two inputs that name the same one the second is refused. */
  default Optional<Integer> pin() {
    return Optional.empty();
  }

  /** The device file without which there is no bus; empty if it can't be simulated. */
  default Optional<String> deviceFile() {
    return Optional.empty();
  }

  /** Whether readings are sent only when they change, if nothing is said. */
  default boolean isOnChange() {
    return false;
  }

  /** Opens it; on the bus' thread, as it may block. */
  Sensor open(Machine machine) throws SensorFault;
}
