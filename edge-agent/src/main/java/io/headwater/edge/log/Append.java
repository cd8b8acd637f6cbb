package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A reading on its way into the log.
 *
 * @param key of the hub record; null for none
 * @param capture when it was taken
 * @param attributes what MQTT has to say of it beside topic and payload, as the server encodes it;
 *     null for the most frequent
 * @param durability when it counts as taken
 * @param whenFull what becomes of it if there is no room
 * @param also changes that are on disk exactly if the row is
 * @param done told the outcome once, on the writer's thread; quick, does not throw
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record Append(
    StreamPartition partition,
    byte @Nullable [] key,
    byte[] value,
    Capture capture,
    String mqttTopic,
    String mqttClient,
    byte @Nullable [] attributes,
    Durability durability,
    WhenFull whenFull,
    List<StateChange> also,
    Consumer<Outcome> done)
    implements Write {
  /** A reading and nothing else, of which only the wall clock is known. */
  public Append(
      StreamPartition partition,
      byte @Nullable [] key,
      byte[] value,
      long capturedMs,
      ClockQuality clock,
      String mqttTopic,
      String mqttClient,
      Consumer<Outcome> done) {
    this(partition, key, value, capturedMs, clock, mqttTopic, mqttClient, null, List.of(), done);
  }

  /** The same with more to it, forced to disk. */
  public Append(
      StreamPartition partition,
      byte @Nullable [] key,
      byte[] value,
      long capturedMs,
      ClockQuality clock,
      String mqttTopic,
      String mqttClient,
      byte @Nullable [] attributes,
      List<StateChange> also,
      Consumer<Outcome> done) {
    this(
        partition,
        key,
        value,
        Capture.ofWall(capturedMs, clock),
        mqttTopic,
        mqttClient,
        attributes,
        Durability.FSYNC,
        also,
        done);
  }

  /** One that is refused if there is no room. */
  public Append(
      StreamPartition partition,
      byte @Nullable [] key,
      byte[] value,
      Capture capture,
      String mqttTopic,
      String mqttClient,
      byte @Nullable [] attributes,
      Durability durability,
      List<StateChange> also,
      Consumer<Outcome> done) {
    this(
        partition,
        key,
        value,
        capture,
        mqttTopic,
        mqttClient,
        attributes,
        durability,
        WhenFull.REJECT,
        also,
        done);
  }

  /** What became of it. */
  public enum Outcome {
    /**
     * Committed, and forced to disk if its class asks for that: as a row, or as a gap if its route
     * gives readings up when there is no room.
     */
    COMMITTED,
    /** In the writer's queue, where class {@code memory} asks for no more. */
    QUEUED,
    /** Certainly not on disk, because there is no room: neither as a row nor as a gap. */
    DISK_FULL,
    /** Certainly not on disk, for another reason. */
    FAILED;

    /** Whether it counts as taken. */
    public boolean isTaken() {
      return this == COMMITTED || this == QUEUED;
    }
  }

  @Override
  public int size() {
    return value.length
        + (key == null ? 0 : key.length)
        + (attributes == null ? 0 : attributes.length)
        + mqttTopic.length()
        + 64;
  }
}
