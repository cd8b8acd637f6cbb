package io.headwater.bridge.handover;

import io.headwater.uplink.Batch;
import io.headwater.uplink.Gap;
import io.headwater.uplink.UplinkRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What others want written by the owner of a lane. Anyone adds; the hand-over's thread writes.
 *
 * <p>A write belongs to one tenure of its lane: when that has ended, it is dropped, because who
 * wanted it begins anew from what is in the hub.
 */
public final class HubWrites implements LaneListener {
  private static final int MOST_AT_ONCE = 16;

  private final ConcurrentLinkedQueue<HubWrite> queue = new ConcurrentLinkedQueue<>();
  private final Map<Integer, Long> tenures = new ConcurrentHashMap<>();
  private final AtomicLong nextTenure = new AtomicLong(1);

  public HubWrites() {}

  @Override
  public void given(Set<Integer> lanes) {
    lanes.forEach(lane -> tenures.put(lane, nextTenure.getAndIncrement()));
  }

  @Override
  public void taken(Set<Integer> lanes) {
    lanes.forEach(tenures::remove);
  }

  /** The number of this bridge's present ownership of a lane; -1 if it does not own it. */
  public long tenure(int lane) {
    return tenures.getOrDefault(lane, -1L);
  }

  /**
   * Begins new tenures of owned lanes: whoever calls it has forgotten what it had wanted. When it
   * returns, nothing of the old ones is being written.
   */
  public synchronized void renew(Set<Integer> lanes) {
    lanes.forEach(lane -> tenures.computeIfPresent(lane, (_, _) -> nextTenure.getAndIncrement()));
  }

  public void add(HubWrite write) {
    queue.add(write);
  }

  /** Writes what waits; each is told its outcome. */
  void perform(Lanes lanes, HubTopics topics, TransactionWriter writer, long nowMs) {
    for (int i = 0; i < MOST_AT_ONCE; i++) {
      HubWrite next = queue.poll();
      if (next == null) {
        return;
      }
      synchronized (this) { // see renew
        if (next.tenure() == tenure(next.lane()) && lanes.owns(next.lane())) {
          write(next, lanes, topics, writer, nowMs);
        }
      }
    }
  }

  private static void write(
      HubWrite write, Lanes lanes, HubTopics topics, TransactionWriter writer, long nowMs) {
    try {
      var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
      if (write.refetched().isPresent()) {
        addRefetched(write.refetched().get(), topics, nowMs, records);
      }
      if (write.forget()) {
        for (CursorKey key : lanes.keys(write.gateway())) {
          records.add(new ProducerRecord<>(HubTopics.CURSORS, write.lane(), key.toBytes(), null));
        }
      }
      records.addAll(write.records());
      writer.write(records, Set.of(write.lane()));
    } catch (RefusedRecordException e) {
      write.outcome().refused(String.valueOf(e.getMessage()));
      return;
    }
    if (write.forget()) {
      lanes.forget(write.gateway());
    }
    write.outcome().committed();
  }

  private static void addRefetched(
      HubWrite.Refetched refetched,
      HubTopics topics,
      long nowMs,
      List<ProducerRecord<byte[], byte[]>> records) {
    Batch batch = refetched.batch();
    String topic = batch.partition().stream();
    Duration retention = topics.retentionOf(topic);
    var hubRecords = new HubRecords(batch);
    for (UplinkRecord record : batch.records()) {
      records.add(hubRecords.refetched(record, refetched.command(), nowMs, retention));
    }
    for (Gap gap : batch.gaps()) {
      records.add(hubRecords.refetchedGap(gap, refetched.command(), nowMs));
    }
  }
}
