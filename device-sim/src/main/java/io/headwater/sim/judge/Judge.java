package io.headwater.sim.judge;

import io.headwater.sim.reading.Reading;
import io.headwater.sim.reading.Reading.Decoded;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every record of the hub, in the order of its partition, and remembers what it needs for
 * the verdict. Confined to the thread that reads the hub.
 */
public final class Judge {
  private static final int FAULTS_SHOWN = 10;

  private final String devicePrefix;
  private final Map<String, Trace> devices = new HashMap<>();
  private final Map<String, Intervals> edgeOffsets = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private long ownRecords;
  private long arrived;
  private long duplicated;
  private long resent;
  private long reordered;
  private long corrupted;
  private long foreign;

  /**
   * @param devicePrefix what the names of this run's devices begin with; others' readings are only
   *     looked at for doubled edge offsets
   */
  public Judge(String devicePrefix) {
    this.devicePrefix = devicePrefix;
  }

  /** What arrived from one device. */
  private static final class Trace {
    private final Intervals arrived = new Intervals();
    private final Intervals resent = new Intervals();
    private final Map<Integer, Intervals> byAttempt = new HashMap<>();
    private long highest;
  }

  /**
   * Takes the next record.
   *
   * @param key of the record, normally the device's name
   * @param edgeOffset header {@code edge.offset}, {@code epoch:stream:partition:offset}
   * @param gateway header {@code gateway}
   */
  public void take(
      byte @Nullable [] key,
      byte @Nullable [] value,
      @Nullable String edgeOffset,
      @Nullable String gateway) {
    boolean offsetTwice = edgeOffset != null && !takeOffset(edgeOffset, gateway);
    switch (value == null ? new Decoded.Foreign() : Reading.decode(value)) {
      case Decoded.Intact(Reading reading) when reading.device().startsWith(devicePrefix) ->
          take(reading, offsetTwice, edgeOffset);
      case Decoded.Corrupt(String device) when device.startsWith(devicePrefix) || isOurs(key) ->
          corrupted("corrupted: a reading of " + device + at(edgeOffset));
      case Decoded.Foreign() when isOurs(key) ->
          corrupted("corrupted: a record with the key " + text(key) + at(edgeOffset));
      case Decoded.Intact _, Decoded.Corrupt _, Decoded.Foreign _ -> {
        foreign++;
        if (offsetTwice) {
          duplicated("duplicated: edge offset " + edgeOffset);
        }
      }
    }
  }

  private void take(Reading reading, boolean offsetTwice, @Nullable String edgeOffset) {
    Trace trace = devices.computeIfAbsent(reading.device(), _ -> new Trace());
    ownRecords++;
    long sequence = reading.sequence();
    boolean attemptNew =
        trace.byAttempt.computeIfAbsent(reading.attempt(), _ -> new Intervals()).add(sequence);
    boolean first = trace.arrived.add(sequence);
    if (!attemptNew || offsetTwice) {
      duplicated(
          "duplicated: "
              + reading.device()
              + " sequence "
              + sequence
              + " attempt "
              + reading.attempt()
              + at(edgeOffset));
    }
    if (first) {
      arrived++;
      if (sequence < trace.highest) {
        reordered++;
        fault(
            "reordered: "
                + reading.device()
                + " sequence "
                + sequence
                + " after "
                + trace.highest
                + at(edgeOffset));
      }
      trace.highest = Math.max(trace.highest, sequence);
    } else if (attemptNew && trace.resent.add(sequence)) {
      resent++;
    }
  }

  /** False if the offset has been seen. An unreadable one counts as a damaged record. */
  private boolean takeOffset(String edgeOffset, @Nullable String gateway) {
    int colon = edgeOffset.lastIndexOf(':');
    try {
      long offset = Long.parseLong(edgeOffset, colon + 1, edgeOffset.length(), 10);
      return edgeOffsets
          .computeIfAbsent(
              gateway + "/" + edgeOffset.substring(0, Math.max(0, colon)), _ -> new Intervals())
          .add(offset);
    } catch (NumberFormatException _) {
      corrupted("corrupted: header edge.offset is '" + edgeOffset + "'");
      return true;
    }
  }

  private void duplicated(String fault) {
    duplicated++;
    fault(fault);
  }

  private void corrupted(String fault) {
    corrupted++;
    fault(fault);
  }

  private void fault(String text) {
    if (faults.size() < FAULTS_SHOWN) {
      faults.add(text);
    }
  }

  private boolean isOurs(byte @Nullable [] key) {
    return key != null && text(key).startsWith(devicePrefix);
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
  }

  private static String at(@Nullable String edgeOffset) {
    return edgeOffset == null ? "" : " (edge offset " + edgeOffset + ")";
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
    long lost = 0;
    long acknowledged = 0;
    long unacknowledged = 0;
    var missing = new ArrayList<String>();
    for (Ledger.State state : ledger.states()) {
      acknowledged += state.acknowledged().size();
      for (Intervals.Range range : state.unacknowledged()) {
        unacknowledged += range.size();
      }
      Trace trace = devices.get(state.device());
      Intervals found = trace == null ? new Intervals() : trace.arrived;
      for (Intervals.Range range : state.acknowledged().minus(found)) {
        lost += range.size();
        if (missing.size() < FAULTS_SHOWN) {
          missing.add(state.device() + " " + range);
        }
      }
    }
    return new Verdict(
        acknowledged,
        unacknowledged,
        arrived,
        lost,
        duplicated,
        resent,
        reordered,
        corrupted,
        foreign,
        missing,
        faults);
  }
}
