package io.headwater.edge.input;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;

/**
 * A fault as it is told.
 *
 * @param text one line for users
 */
record FaultText(Fault fault, String text) {
  static FaultText of(SensorFault failure) {
    return new FaultText(failure.fault(), failure.text());
  }

  ObjectNode into(ObjectNode json) {
    return json.put("quality", "bad").put("fault", fault.text()).put("message", text);
  }
}
