package io.headwater.bridge.handover;

import io.headwater.uplink.Batch;
import io.headwater.uplink.UplinkTopics;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What somebody besides the hand-over wants in the hub, in one transaction, and only while this
 * bridge owns the gateway's lane without a break.
 *
 * @param tenure of the lane that it was decided in
 * @param refetched readings that were sent before; written again, outside the cursor
 * @param forget whether the gateway's cursors end with it
 * @param records that belong to it
 */
public record HubWrite(
    String gateway,
    long tenure,
    Optional<Refetched> refetched,
    boolean forget,
    List<ProducerRecord<byte[], byte[]>> records,
    Outcome outcome) {
  /**
   * @param command that wanted them
   */
  public record Refetched(Batch batch, String command) {}

  /** Told on the hand-over's thread; told nothing if the lane is lost before the commit. */
  public interface Outcome {
    void committed();

    /** The hub does not take it; nothing was written. */
    void refused(String why);
  }

  public HubWrite {
    records = List.copyOf(records);
  }

  int lane() {
    return UplinkTopics.lane(gateway);
  }
}
