package io.headwater.sim.judge;

import java.util.List;

/**
 * What became of a run's readings; the words are those of the package description.
 *
 * @param readings published at least once
 * @param arrived readings found at the far end
 * @param duplicated readings of which one attempt, or one edge log offset, came twice
 * @param resent readings that arrived in more than one attempt
 * @param reordered readings first seen after a later one of their device on the same track
 * @param late readings first seen too long after they were due
 * @param corrupted records with a checksum that does not fit
 * @param foreign records of others in the same place
 * @param foreignDuplicated edge log offsets that came twice with others' records
 * @param missing the first ranges that are lost: {@code sim-0007 12-15}
 * @param faults the first other faults, in the order of their discovery
 */
public record Verdict(
    Rules rules,
    Split readings,
    Split arrived,
    Split duplicated,
    Split resent,
    Split reordered,
    Split late,
    long corrupted,
    long foreign,
    long foreignDuplicated,
    List<String> missing,
    List<String> faults) {
  public Verdict {
    missing = List.copyOf(missing);
    faults = List.copyOf(faults);
  }

  /** Acknowledged, and not at the far end. */
  public long lost() {
    return readings.acknowledged() - arrived.acknowledged();
  }

  /** Readings or records that came twice. */
  public long duplicates() {
    return duplicated.total() + foreignDuplicated;
  }

  /**
   * Nothing lost, doubled or damaged, nor resent where that is a fault; a run in which nothing was
   * acknowledged and nothing arrived proves nothing.
   */
  public boolean passed() {
    return arrived.total() > 0
        && lost() == 0
        && duplicates() == 0
        && corrupted == 0
        && (resent.total() == 0 || !rules.resentIsFault());
  }

  /** Several lines for people: each count with its meaning, and the conclusion. */
  public String describe() {
    return counts()
        + (arrived.total() == 0 && readings.acknowledged() == 0
            ? "FAILED: no reading was acknowledged, none arrived"
            : passed() ? "PASSED" : "FAILED");
  }

  /** Lines for people, each count with its meaning. */
  public String counts() {
    var text = new StringBuilder();
    line(text, readings.acknowledged(), "acknowledged", "readings confirmed to a device");
    line(text, arrived.total(), "arrived", "readings found at the far end");
    line(text, lost(), "lost", "acknowledged, but not at the far end");
    line(
        text,
        duplicates(),
        "duplicated",
        "the same attempt, or one edge log offset, twice at the far end" + open(duplicated));
    line(
        text,
        resent.total(),
        "resent",
        "arrived in two attempts, as a confirmation had not come"
            + (rules.resentIsFault() ? "" : ": no fault at QoS 1")
            + open(resent));
    line(
        text,
        reordered.total(),
        "reordered",
        "first seen after a later reading of the device on the same track" + open(reordered));
    line(
        text,
        late.total(),
        "late",
        "first seen more than "
            + rules.lateAfterMs() / 1000.0
            + " s after it was due"
            + open(late));
    line(text, corrupted, "corrupted", "the checksum does not fit");
    if (readings.unacknowledged() > 0) {
      line(
          text,
          readings.unacknowledged(),
          "open",
          "published, but never confirmed; of these %d arrived, the others are not counted as lost"
              .formatted(arrived.unacknowledged()));
    }
    missing.forEach(range -> text.append("  lost: ").append(range).append('\n'));
    faults.forEach(fault -> text.append("  ").append(fault).append('\n'));
    return text.toString();
  }

  private static void line(StringBuilder text, long count, String word, String meaning) {
    text.append("%12d  %-12s  %s%n".formatted(count, word, meaning));
  }

  private static String open(Split split) {
    return split.unacknowledged() == 0
        ? ""
        : " (%d of them never confirmed)".formatted(split.unacknowledged());
  }
}
