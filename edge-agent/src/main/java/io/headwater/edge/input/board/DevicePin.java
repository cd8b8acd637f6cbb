package io.headwater.edge.input.board;

import com.pi4j.context.Context;
import com.pi4j.io.gpio.digital.DigitalInput;
import com.pi4j.io.gpio.digital.DigitalState;
import io.headwater.edge.input.sensor.Pin;

/** A pin, real or of the mock. */
record DevicePin(DigitalInput input, Context context) implements Pin {
  @Override
  public boolean isHigh() {
    return input.state() == DigitalState.HIGH;
  }

  @Override
  public void listen(Listener listener) {
    input.addListener(event -> listener.changed(event.state() == DigitalState.HIGH));
  }

  @Override
  public void close() {
    context.shutdown(input.getId());
  }
}
