package io.headwater.edge.output;

import io.headwater.edge.input.Machines;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is declared.
 *
 * @param outputs those that can be driven
 * @param faulty the others: they are told of, and keep nothing from starting
 */
public record OutputPlan(List<OutputSettings> outputs, List<FaultyOutput> faulty) {
  public OutputPlan {
    outputs = List.copyOf(outputs);
    faulty = List.copyOf(faulty);
  }

  public boolean isEmpty() {
    return outputs.isEmpty() && faulty.isEmpty();
  }

  /** The files of the chips that are needed; none for what is simulated. */
  public Set<String> deviceFiles() {
    var files = new TreeSet<String>();
    for (OutputSettings each : outputs) {
      if (!each.simulated()) {
        files.add(each.target().deviceFile());
      }
    }
    return files;
  }

  /** The same, but outputs whose chip is not there are simulated. */
  public OutputPlan simulateMissing(Machines machines) {
    return new OutputPlan(
        outputs.stream()
            .map(each -> machines.isMissing(each.target().deviceFile()) ? each.simulate() : each)
            .toList(),
        faulty);
  }
}
