package io.headwater.edge.input;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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

  /** The device files that are needed; none for what is simulated. */
  public Set<String> deviceFiles() {
    var files = new TreeSet<String>();
    for (InputSettings each : inputs) {
      if (!each.simulated()) {
        each.sensor().deviceFile().ifPresent(files::add);
      }
    }
    return files;
  }

  /** What is wrong with those that cannot be read, with file and line. */
  public List<String> problems() {
    return faulty.stream().map(FaultyInput::problem).toList();
  }

  /** The same, but inputs whose bus is not there are simulated. */
  public InputPlan simulateMissing(Machines machines) {
    return new InputPlan(
        inputs.stream().map(each -> machines.isBusMissing(each) ? each.simulate() : each).toList(),
        faulty);
  }
}
