package io.headwater.analytics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;

/**
 * The windows that overdue readings belong to and that were kept no more when these came. Confined
 * to its thread.
 */
final class OverdueWindows implements BatchRun.Selection {
  private record Noted(Bytes key, Overdue reading) {}

  private final Window kept;

  /** By key and the reading's time: the stream time when it came. */
  private final Map<Bytes, NavigableMap<Long, Long>> reached = new HashMap<>();

  private long earliestMs = Long.MAX_VALUE;
  private long latestMs = -1;
  private int size;

  /**
   * @param kept the windows as the query keeps them
   */
  OverdueWindows(Window kept) {
    this.kept = kept;
  }

  void add(Bytes key, Overdue reading) {
    reached
        .computeIfAbsent(key, _ -> new TreeMap<>())
        .merge(reading.time(), reading.reached(), Math::max);
    size++;
    earliestMs = Math.min(earliestMs, reading.time());
    latestMs = Math.max(latestMs, reading.time());
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** How often something was added. */
  int size() {
    return size;
  }

  /** The time of the first reading. */
  long firstMs() {
    return earliestMs;
  }

  /** The time of the last reading. */
  long lastMs() {
    return latestMs;
  }

  @Override
  public long fromMs() {
    return kept instanceof Window.Session ? 0 : Math.max(0, earliestMs - kept.spanMs());
  }

  @Override
  public long toMs() {
    return kept instanceof Window.Session ? Times.FOREVER : latestMs + kept.spanMs() + 1;
  }

  @Override
  public boolean hasKey(Bytes key) {
    return reached.containsKey(key);
  }

  @Override
  public boolean has(Bytes key, long startMs, long endMs) {
    NavigableMap<Long, Long> readings = reached.get(key);
    // A reading also makes the sliding window that begins behind it.
    long firstMs = kept instanceof Window.Sliding ? startMs - 1 : startMs;
    return readings != null
        && readings.subMap(firstMs, kept.endExclusiveMs(endMs)).values().stream()
            .anyMatch(reachedMs -> kept.closesAtMs(endMs) <= reachedMs);
  }

  /** The same in parts, so that nobody reads through the time between two that lie far apart. */
  List<OverdueWindows> apart(long gapMs) {
    var noted = new ArrayList<Noted>();
    reached.forEach((key, readings) ->
        readings.forEach(
            (timeMs, reachedMs) -> noted.add(new Noted(key, new Overdue(timeMs, reachedMs, "")))));
    noted.sort(Comparator.comparingLong(each -> each.reading().time()));
    var parts = new ArrayList<OverdueWindows>();
    for (Noted each : noted) {
      if (parts.isEmpty() || each.reading().time() - parts.getLast().latestMs > gapMs) {
        parts.add(new OverdueWindows(kept));
      }
      parts.getLast().add(each.key(), each.reading());
    }
    return parts;
  }
}
