package io.headwater.edge.input;

import java.util.List;

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
}
