package io.headwater.sim;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.scenario.Bound;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a run came to.
 *
 * @param seconds how long was published
 * @param phases those that were begun
 * @param longestStall so long a partition had more for the verifier, and it did not come further
 * @param outcomes of the bounds on the whole run
 * @param endedBy why the run failed before its time, if it did
 */
record RunResult(
    String scenario,
    FleetSettings fleet,
    double seconds,
    Fleet.Counts counts,
    List<Phase> phases,
    Verdict verdict,
    Duration longestStall,
    List<Outcome> outcomes,
    Optional<String> endedBy) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** A bound and what was measured. */
  record Outcome(Bound bound, double measured, boolean held) {
    String describe() {
      return "%s %s (measured: %s)"
          .formatted(held ? "held " : "BROKEN", bound.describe(), bound.describe(measured));
    }
  }

  /**
   * What was measured during a phase, or at its end.
   *
   * @param complete whether it lasted as long as it should; only then bounds are looked at
   * @param published readings
   * @param acknowledgedLatency from due to acknowledged
   * @param arrivedLatency from due to seen first at the far end
   * @param scheduleError how much later than due readings went out that nothing held back
   * @param onTheWay acknowledged and not arrived, at the end
   * @param connected devices, at the end
   * @param faults that began in it
   */
  record Phase(
      String name,
      double seconds,
      boolean complete,
      long published,
      long acknowledged,
      long arrived,
      Latency acknowledgedLatency,
      Latency arrivedLatency,
      Latency scheduleError,
      long onTheWay,
      int connected,
      List<String> faults,
      List<Outcome> outcomes) {
    Phase withOutcomes(List<Outcome> judged) {
      return new Phase(
          name,
          seconds,
          complete,
          published,
          acknowledged,
          arrived,
          acknowledgedLatency,
          arrivedLatency,
          scheduleError,
          onTheWay,
          connected,
          faults,
          judged);
    }
  }

  /**
   * Whether everything was as it must be. What is lost, doubled or damaged is a matter of bounds,
   * since a scenario may allow some; a run in which nothing arrived proves nothing.
   */
  boolean passed() {
    return endedBy.isEmpty()
        && verdict.arrived().total() > 0
        && verdict.foreignDuplicated() == 0
        && (verdict.resent().total() == 0 || !verdict.rules().resentIsFault())
        && allOutcomes().stream().allMatch(Outcome::held);
  }

  private List<Outcome> allOutcomes() {
    var all = new ArrayList<Outcome>();
    phases.forEach(phase -> all.addAll(phase.outcomes()));
    all.addAll(outcomes);
    return all;
  }

  /** For people: phases, verdict, broken bounds. */
  String describe() {
    var text = new StringBuilder();
    if (phases.size() > 1) {
      for (Phase phase : phases) {
        text.append(
            String.format(
                Locale.ROOT,
                "%-20s %5.0f s  acknowledged %.0f/s, p99 %.0f ms; arrived %.0f/s, p99 %.0f ms;"
                    + " %d on the way%s%n",
                phase.name(),
                phase.seconds(),
                phase.acknowledged() / phase.seconds(),
                phase.acknowledgedLatency().p99(),
                phase.arrived() / phase.seconds(),
                phase.arrivedLatency().p99(),
                phase.onTheWay(),
                phase.complete() ? "" : "; broken off"));
        phase.outcomes().stream()
            .filter(outcome -> !outcome.held())
            .forEach(outcome -> text.append("  ").append(outcome.describe()).append('\n'));
      }
    }
    text.append(verdict.counts());
    text.append(
        "%12.1f  %-12s  %s%n"
            .formatted(
                longestStall.toMillis() / 1e3,
                "stall",
                "seconds at most that committed records could not be read past a transaction"));
    outcomes.stream()
        .filter(outcome -> !outcome.held())
        .forEach(outcome -> text.append("  ").append(outcome.describe()).append('\n'));
    endedBy.ifPresent(reason -> text.append("FAILED: ").append(reason).append('\n'));
    return text.append(passed() ? "PASSED" : "FAILED").toString();
  }

  /** As JSON; times in milliseconds. */
  void write(Path file) {
    ObjectNode root = JSON.createObjectNode();
    root.put("passed", passed());
    root.put("scenario", scenario);
    root.put("seed", fleet.seed());
    endedBy.ifPresent(reason -> root.put("endedBy", reason));
    root.put("devices", fleet.devices());
    root.put("devicePrefix", fleet.devicePrefix());
    root.put("rate", fleet.rate());
    root.put("seconds", seconds);
    root.set("fleet", JSON.valueToTree(counts));
    ArrayNode phaseNodes = root.putArray("phases");
    for (Phase phase : phases) {
      ObjectNode node = phaseNodes.addObject();
      node.put("name", phase.name());
      node.put("seconds", phase.seconds());
      node.put("complete", phase.complete());
      node.put("published", phase.published());
      node.put("acknowledged", phase.acknowledged());
      node.put("arrived", phase.arrived());
      node.set("acknowledgedLatency", JSON.valueToTree(phase.acknowledgedLatency()));
      node.set("arrivedLatency", JSON.valueToTree(phase.arrivedLatency()));
      node.set("scheduleError", JSON.valueToTree(phase.scheduleError()));
      node.put("onTheWay", phase.onTheWay());
      node.put("connected", phase.connected());
      node.set("faults", JSON.valueToTree(phase.faults()));
      write(node.putArray("bounds"), phase.outcomes());
    }
    write(root.putArray("bounds"), outcomes);
    ObjectNode judged = JSON.valueToTree(verdict);
    judged.put("lost", verdict.lost());
    judged.put("longestStallMs", longestStall.toMillis());
    root.set("verdict", judged);
    try {
      JSON.writeValue(file.toFile(), root);
    } catch (IOException e) {
      throw UserError.failure("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static void write(ArrayNode array, List<Outcome> outcomes) {
    for (Outcome outcome : outcomes) {
      ObjectNode node = array.addObject();
      node.put("bound", outcome.bound().describe());
      node.put("measured", outcome.measured());
      node.put("held", outcome.held());
    }
  }
}
