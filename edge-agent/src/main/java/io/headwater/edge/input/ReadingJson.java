package io.headwater.edge.input;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.edge.input.sensor.Quantity;
import java.nio.charset.StandardCharsets;

/** The payloads of inputs, JSON; docs/inputs.md has them. */
final class ReadingJson {
  private final InputSettings input;

  ReadingJson(InputSettings input) {
    this.input = input;
  }

  byte[] value(ValueSettings of, double value, boolean clamped) {
    ObjectNode json = begin(of.quantity());
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      json.put("value", (long) value);
    } else {
      json.put("value", value);
    }
    if (!of.unit().isEmpty()) {
      json.put("unit", of.unit());
    }
    return end(json.put("quality", clamped ? "clamped" : "good"));
  }

  byte[] fault(ValueSettings of, FaultText fault) {
    return end(fault.into(begin(of.quantity())));
  }

  /** Of an input that cannot be used at all. */
  static byte[] fault(String name, FaultText fault) {
    return bytes(fault.into(JsonNodeFactory.instance.objectNode().put("name", name)));
  }

  private ObjectNode begin(String quantity) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", input.name());
    if (!quantity.equals(Quantity.VALUE)) {
      json.put("quantity", quantity);
    }
    return json;
  }

  private byte[] end(ObjectNode json) {
    if (input.simulated()) {
      json.put("simulated", true);
    }
    return bytes(json);
  }

  private static byte[] bytes(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
