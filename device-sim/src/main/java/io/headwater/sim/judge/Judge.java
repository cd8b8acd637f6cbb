package io.headwater.sim.judge;

import io.headwater.sim.reading.Reading;
import io.headwater.sim.reading.Reading.Decoded;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every record of the far end, in the order of its partition, and remembers what it needs
 * for the verdict. Confined to the thread that reads the far end.
 */
public final class Judge {
  private static final int FAULTS_SHOWN = 10;

  private final String devicePrefix;
  private final Rules rules;
  private final LongConsumer latencyMs;
  private final Map<String, Trace> devices = new HashMap<>();
  private final Map<String, Intervals> edgeOffsets = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private long ownRecords;
  private long arrived;
  private long corrupted;
  private long foreign;
  private long foreignDuplicated;

  /**
   * @param devicePrefix what the names of this run's devices begin with; others' readings are only
   *     looked at for doubled edge offsets
   * @param latencyMs is told, for each reading that is seen first, how long ago it was due
   */
  public Judge(String devicePrefix, Rules rules, LongConsumer latencyMs) {
    this.devicePrefix = devicePrefix;
    this.rules = rules;
    this.latencyMs = latencyMs;
  }

  public Judge(String devicePrefix, Rules rules) {
    this(devicePrefix, rules, _ -> {});
  }

  /** What arrived from one device: sequences, and those of them with something to report. */
  private static final class Trace {
    private final Map<Integer, Intervals> byAttempt = new HashMap<>(2);
    private final Intervals arrived = new Intervals();
    private final Intervals duplicated = new Intervals();
    private final Intervals resent = new Intervals();
    private final Intervals reordered = new Intervals();
    private final Intervals late = new Intervals();
    private final Map<@Nullable String, Long> highestByTrack = new HashMap<>(2);
  }

  /** Takes the next record. */
  public void take(Arrival arrival) {
    boolean offsetTwice = isOffsetTwice(arrival);
    byte[] value = arrival.value();
    switch (value == null ? new Decoded.Foreign() : Reading.decode(value)) {
      case Decoded.Intact(Reading reading) when reading.device().startsWith(devicePrefix) ->
          take(reading, arrival, offsetTwice);
      case Decoded.Corrupt(String device)
          when device.startsWith(devicePrefix) || isOurs(arrival.key()) ->
          corrupted("a reading of " + device, arrival);
      case Decoded.Foreign() when isOurs(arrival.key()) ->
          corrupted("a record with the key " + text(arrival.key()), arrival);
      case Decoded.Intact _, Decoded.Corrupt _, Decoded.Foreign _ -> {
        foreign++;
        if (offsetTwice) {
          foreignDuplicated++;
          fault("duplicated", "a record of others", arrival);
        }
      }
    }
  }

  private void take(Reading reading, Arrival arrival, boolean offsetTwice) {
    Trace trace = devices.computeIfAbsent(reading.device(), _ -> new Trace());
    ownRecords++;
    long sequence = reading.sequence();
    boolean attemptNew =
        trace.byAttempt.computeIfAbsent(reading.attempt(), _ -> new Intervals()).add(sequence);
    boolean first = trace.arrived.add(sequence);
    if (!attemptNew || offsetTwice) {
      trace.duplicated.add(sequence);
      fault("duplicated", describe(reading), arrival);
    }
    if (!first) {
      if (attemptNew) {
        trace.resent.add(sequence);
      }
      return;
    }
    arrived++;
    long highest = trace.highestByTrack.merge(arrival.track(), sequence, Math::max);
    if (sequence < highest) {
      trace.reordered.add(sequence);
      fault("reordered", describe(reading) + " after " + highest, arrival);
    }
    long latency = Math.max(0, arrival.atMs() - reading.dueMs());
    latencyMs.accept(latency);
    if (latency > rules.lateAfterMs()) {
      trace.late.add(sequence);
      fault("late", describe(reading) + ", " + latency + " ms after it was due", arrival);
    }
  }

  /** True if the edge offset has been seen. An unreadable one counts as a damaged record. */
  private boolean isOffsetTwice(Arrival arrival) {
    String edgeOffset = arrival.edgeOffset();
    if (edgeOffset == null) {
      return false;
    }
    int colon = edgeOffset.lastIndexOf(':');
    long offset;
    try {
      offset = Long.parseLong(edgeOffset, colon + 1, edgeOffset.length(), 10);
    } catch (NumberFormatException _) {
      offset = -1;
    }
    if (offset < 0) {
      corrupted("header edge.offset is '" + edgeOffset + "'", arrival);
      return false;
    }
    String log = arrival.gateway() + "/" + edgeOffset.substring(0, Math.max(0, colon));
    return !edgeOffsets.computeIfAbsent(log, _ -> new Intervals()).add(offset);
  }

  private void corrupted(String what, Arrival arrival) {
    corrupted++;
    fault("corrupted", what, arrival);
  }

  private void fault(String word, String what, Arrival arrival) {
    if (faults.size() < FAULTS_SHOWN) {
      String edgeOffset = arrival.edgeOffset();
      faults.add(
          word
              + ": "
              + what
              + " ("
              + arrival.where()
              + (edgeOffset == null ? "" : ", edge offset " + edgeOffset)
              + ")");
    }
  }

  private static String describe(Reading reading) {
    return reading.device() + " sequence " + reading.sequence() + " attempt " + reading.attempt();
  }

  private boolean isOurs(byte @Nullable [] key) {
    return key != null && text(key).startsWith(devicePrefix);
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
  }

  /** Readings of this run that arrived so far. */
  public long arrivedCount() {
    return arrived;
  }

  /** Records with an intact reading of this run so far, doubles and resent ones among them. */
  public long ownRecords() {
    return ownRecords;
  }

  /** Compares what was acknowledged with what arrived. */
  public Verdict verdict(Ledger ledger) {
    Split readings = Split.NONE;
    Split found = Split.NONE;
    Split duplicated = Split.NONE;
    Split resent = Split.NONE;
    Split reordered = Split.NONE;
    Split late = Split.NONE;
    var missing = new ArrayList<String>();
    Map<String, Trace> unknown = new HashMap<>(devices);
    for (Ledger.State state : ledger.states()) {
      Trace trace = unknown.remove(state.device());
      Intervals acknowledged = state.acknowledged();
      long published = state.published().size();
      readings = readings.plus(new Split(acknowledged.size(), published - acknowledged.size()));
      if (missing.size() < FAULTS_SHOWN) {
        Intervals arrivedReadings = trace == null ? new Intervals() : trace.arrived;
        for (var range : acknowledged.minus(arrivedReadings, FAULTS_SHOWN - missing.size())) {
          missing.add(state.device() + " " + range);
        }
      }
      if (trace != null) {
        found = found.plus(trace.arrived.split(acknowledged));
        duplicated = duplicated.plus(trace.duplicated.split(acknowledged));
        resent = resent.plus(trace.resent.split(acknowledged));
        reordered = reordered.plus(trace.reordered.split(acknowledged));
        late = late.plus(trace.late.split(acknowledged));
      }
    }
    // With this run's prefix and an intact checksum, but nobody published it.
    for (Trace trace : unknown.values()) {
      found = found.plus(new Split(0, trace.arrived.size()));
    }
    return new Verdict(
        rules,
        readings,
        found,
        duplicated,
        resent,
        reordered,
        late,
        corrupted,
        foreign,
        foreignDuplicated,
        missing,
        faults);
  }
}
