package io.headwater.edge.input.board;

import com.pi4j.context.Context;
import com.pi4j.exception.Pi4JException;
import com.pi4j.io.pwm.Pwm;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;

/** A PWM channel, real or of the mock. */
record DevicePwm(Pwm pwm, Context context) implements Drive {
  @Override
  public void set(int value) throws SensorFault {
    try {
      if (value == 0) {
        pwm.setDutyCycle(0);
        pwm.off();
      } else {
        pwm.on(value);
      }
    } catch (Pi4JException e) {
      throw new SensorFault(Fault.NO_ANSWER, pwm.getId() + " cannot be set: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    context.shutdown(pwm.getId());
  }
}
