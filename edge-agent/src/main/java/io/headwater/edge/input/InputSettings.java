package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.Quantity;
import io.headwater.edge.input.sensor.SensorSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A declared input without a mistake.
 *
 * @param name unique
 * @param where its line, as error texts begin: {@code edge.yaml line 12}
 * @param values of it, one at least; each has a topic of its own
 * @param jitter each read is later than its time by a random part of this
 * @param timeout from a read's time to its end, its retries included; no longer than the interval
 * @param retries of a read that fails, before that is a fault
 * @param retryDelay before the first of them; doubles
 * @param maxSilence a reading goes out after so long even if nothing has changed
 */
record InputSettings(
    String name,
    String type,
    String where,
    SensorSettings sensor,
    List<ValueSettings> values,
    Duration interval,
    Duration jitter,
    Duration timeout,
    int retries,
    Duration retryDelay,
    Duration maxSilence,
    boolean simulated) {
  InputSettings {
    values = List.copyOf(values);
  }

  /** The same, simulated. */
  InputSettings simulate() {
    return new InputSettings(
        name,
        type,
        where,
        sensor,
        values,
        interval,
        jitter,
        timeout,
        retries,
        retryDelay,
        maxSilence,
        true);
  }

  /** What is wrong with values that the sensor cannot have measured. */
  Optional<FaultText> nonsense(double[] measured) {
    List<Quantity> quantities = sensor.quantities();
    for (ValueSettings value : values) {
      Quantity quantity = quantities.get(value.index());
      double each = measured[value.index()];
      if (!quantity.isPossible(each)) {
        return Optional.of(
            new FaultText(
                Fault.BAD_DATA,
                quantity.name()
                    + " "
                    + each
                    + " is not between "
                    + quantity.min()
                    + " and "
                    + quantity.max()
                    + ", which is all that can be measured"));
      }
      if (!Double.isFinite(value.calibrated(each))) {
        return Optional.of(
            new FaultText(
                Fault.BAD_DATA, quantity.name() + " " + each + " is no number when it is scaled"));
      }
    }
    return Optional.empty();
  }
}
