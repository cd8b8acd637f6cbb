package io.headwater.bridge.handover;

import io.headwater.uplink.Batch;
import io.headwater.uplink.Gap;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Between which times the readings of gaps were captured, as far as their neighbours tell.
 *
 * <p>Neighbours are those of the same batch; at its start also the last reading of the batch that
 * ended there, which is remembered for the partitions that were heard last. That is a fact of the
 * gateway's log, whatever becomes of the batch. Confined to the hand-over's thread.
 */
final class CaptureTimes {
  /** So many ends of batches are remembered. */
  static final int MOST = 10_000;

  /**
   * Times around a gap, in milliseconds since 1970; a gap may lie between readings of another
   * order.
   *
   * @param afterMs of the last reading before it
   * @param beforeMs of the first reading after it
   */
  record Around(OptionalLong afterMs, OptionalLong beforeMs) {}

  /** Tells the times around each gap of one batch. */
  interface Neighbours {
    Around around(Gap gap);
  }

  private record Place(LogId log, StreamPartition partition, Track track) {}

  private record End(long nextOffset, long capturedMs) {}

  private static final List<Track> TRACKS = List.of(Track.LIVE, Track.BACKFILL);

  private final Map<Place, End> ends =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, End> eldest) {
          return size() > MOST;
        }
      };

  /** Takes note of a batch; what it says of the times around its gaps. */
  Neighbours learn(Batch batch, long nowMs) {
    Long endedMs = endOfLast(batch);
    Long lastMs = last(batch, nowMs);
    if (lastMs == null) {
      lastMs = endedMs;
    }
    if (lastMs != null) {
      ends.put(
          new Place(LogId.of(batch), batch.partition(), batch.track()),
          new End(batch.nextOffset(), lastMs));
    }
    var byOffset = new TreeMap<Long, Long>();
    if (!batch.gaps().isEmpty()) {
      if (endedMs != null) {
        byOffset.put(batch.firstOffset() - 1, endedMs);
      }
      for (UplinkRecord record : batch.records()) {
        if (HubRecords.isCaptureTrusted(record, nowMs)) {
          byOffset.put(record.offset(), record.capturedMs());
        }
      }
    }
    return gap ->
        new Around(
            millis(byOffset.lowerEntry(gap.firstOffset())),
            millis(byOffset.ceilingEntry(gap.nextOffset())));
  }

  /** Of the batch that ended where this one begins. */
  private @Nullable Long endOfLast(Batch batch) {
    for (Track track : TRACKS) {
      End end = ends.get(new Place(LogId.of(batch), batch.partition(), track));
      if (end != null && end.nextOffset() == batch.firstOffset()) {
        return end.capturedMs();
      }
    }
    return null;
  }

  private static @Nullable Long last(Batch batch, long nowMs) {
    for (UplinkRecord record : batch.records().reversed()) {
      if (HubRecords.isCaptureTrusted(record, nowMs)) {
        return record.capturedMs();
      }
    }
    return null;
  }

  private static OptionalLong millis(Map.@Nullable Entry<Long, Long> found) {
    return found == null ? OptionalLong.empty() : OptionalLong.of(found.getValue());
  }
}
