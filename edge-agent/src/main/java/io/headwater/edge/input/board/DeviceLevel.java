package io.headwater.edge.input.board;

import com.pi4j.context.Context;
import com.pi4j.exception.Pi4JException;
import com.pi4j.io.gpio.digital.DigitalOutput;
import com.pi4j.io.gpio.digital.DigitalState;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;

/** A pin that is driven, real or of the mock. */
record DeviceLevel(DigitalOutput output, Context context) implements Drive {
  @Override
  public void set(int value) throws SensorFault {
    try {
      output.state(state(value));
    } catch (Pi4JException e) {
      throw new SensorFault(
          Fault.NO_ANSWER, output.getId() + " cannot be set: " + e.getMessage(), e);
    }
  }

  static DigitalState state(int value) {
    return value == 0 ? DigitalState.LOW : DigitalState.HIGH;
  }

  @Override
  public void close() {
    context.shutdown(output.getId());
  }
}
