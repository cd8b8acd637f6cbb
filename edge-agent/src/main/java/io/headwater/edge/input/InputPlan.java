package io.headwater.edge.input;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is declared.
 *
 * @param inputs those that can be read
 * @param faulty the others: they are told of, and keep nothing from starting
 */
public record InputPlan(List<InputSettings> inputs, List<FaultyInput> faulty) {
  public InputPlan {
    inputs = List.copyOf(inputs);
    faulty = List.copyOf(faulty);
  }

  public boolean isEmpty() {
    return inputs.isEmpty() && faulty.isEmpty();
  }

  /** Who has which pin, for users: {@code input 'door' (edge.yaml line 4)}. */
  public Map<Integer, String> pins() {
    var pins = new HashMap<Integer, String>();
    for (InputSettings each : inputs) {
      each.sensor()
          .pin()
          .ifPresent(pin -> pins.put(pin, "input '" + each.name() + "' (" + each.where() + ")"));
    }
    return pins;
  }

  /** The same, but inputs whose bus is not there are simulated. */
  public InputPlan simulateMissing(Machines machines) {
    return new InputPlan(
        inputs.stream().map(each -> machines.isBusMissing(each) ? each.simulate() : each).toList(),
        faulty);
  }
}
