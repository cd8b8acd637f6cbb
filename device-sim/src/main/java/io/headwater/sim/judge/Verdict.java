package io.headwater.sim.judge;

import java.util.List;

/**
 * What became of a run's readings; the words are those of the package description.
 *
 * @param acknowledged readings acknowledged to a device
 * @param unacknowledged readings published, but never acknowledged: they may be anywhere
 * @param arrived readings found in the hub
 * @param resent readings that arrived in more than one attempt
 * @param foreign records of others in the same topic
 * @param missing the first ranges that are lost: {@code sim-0007 12-15}
 * @param faults the first other faults, in the order of their discovery
 */
public record Verdict(
    long acknowledged,
    long unacknowledged,
    long arrived,
    long lost,
    long duplicated,
    long resent,
    long reordered,
    long corrupted,
    long foreign,
    List<String> missing,
    List<String> faults) {
  public Verdict {
    missing = List.copyOf(missing);
    faults = List.copyOf(faults);
  }

  /** Nothing lost, doubled or damaged; a run without any acknowledged reading proves nothing. */
  public boolean passed() {
    return acknowledged > 0 && lost == 0 && duplicated == 0 && corrupted == 0;
  }

  /** Several lines for people, each count with its meaning. */
  public String describe() {
    var text = new StringBuilder();
    line(text, acknowledged, "acknowledged", "readings confirmed to a device");
    line(text, arrived, "arrived", "readings found in the hub");
    line(text, lost, "lost", "acknowledged, but not in the hub");
    line(
        text,
        duplicated,
        "duplicated",
        "the same attempt, or one edge log offset, twice in the hub");
    line(
        text,
        resent,
        "resent",
        "arrived in two attempts, as a confirmation had not come: no fault at QoS 1");
    line(text, reordered, "reordered", "first seen after a later reading of the device");
    line(text, corrupted, "corrupted", "the checksum does not fit");
    if (unacknowledged > 0) {
      line(text, unacknowledged, "open", "published, but never confirmed: not counted as lost");
    }
    missing.forEach(range -> text.append("  lost: ").append(range).append('\n'));
    faults.forEach(fault -> text.append("  ").append(fault).append('\n'));
    text.append(
        acknowledged == 0 ? "FAILED: no reading was acknowledged" : passed() ? "PASSED" : "FAILED");
    return text.toString();
  }

  private static void line(StringBuilder text, long count, String word, String meaning) {
    text.append("%12d  %-12s  %s%n".formatted(count, word, meaning));
  }
}
