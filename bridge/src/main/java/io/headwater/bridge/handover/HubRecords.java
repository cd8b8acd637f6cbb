package io.headwater.bridge.handover;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.UplinkRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** What readings and gaps look like in the hub. */
final class HubRecords {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MOST_FUTURE_MS = Duration.ofMinutes(5).toMillis();

  private final Batch batch;
  private final byte[] gateway;
  private final byte[] track;
  private final String place;

  /** For the readings of a batch: what they have in common is made once. */
  HubRecords(Batch batch) {
    this.batch = batch;
    this.gateway = utf8(batch.gateway());
    this.track = utf8(batch.track().text());
    this.place =
        Long.toHexString(batch.epoch())
            + ":"
            + batch.partition().stream()
            + ":"
            + batch.partition().partition()
            + ":";
  }

  /** Key and value as routed; the value is never rewritten. */
  ProducerRecord<byte[], byte[]> reading(UplinkRecord record, long nowMs, Duration retention) {
    return new ProducerRecord<>(
        batch.partition().stream(),
        null,
        timestamp(record, nowMs, retention),
        record.key(),
        record.value(),
        headers(record));
  }

  /** The record in the dead-letter topic, with the cause. */
  ProducerRecord<byte[], byte[]> poison(UplinkRecord record, long nowMs, String cause) {
    Headers headers = headers(record);
    headers.add("cause", utf8(cause));
    return new ProducerRecord<>(
        batch.partition().stream() + ".dlq", null, nowMs, record.key(), record.value(), headers);
  }

  /** A reading once more, marked by the command that wanted it. */
  ProducerRecord<byte[], byte[]> refetched(
      UplinkRecord record, String command, long nowMs, Duration retention) {
    ProducerRecord<byte[], byte[]> reading = reading(record, nowMs, retention);
    reading.headers().add("refetch", utf8(command));
    return reading;
  }

  private Headers headers(UplinkRecord record) {
    var headers = new RecordHeaders();
    headers.add("gateway", gateway);
    headers.add("mqtt.topic", utf8(record.mqttTopic()));
    headers.add("mqtt.client", utf8(record.mqttClient()));
    headers.add("edge.offset", utf8(place + record.offset()));
    headers.add("track", track);
    headers.add("captured", utf8(Long.toString(record.capturedMs())));
    headers.add("clock", utf8(record.clock().text()));
    return headers;
  }

  /**
   * The capture time where it can be trusted and the hub would neither delete nor refuse the record
   * for it; otherwise the time of arrival here.
   */
  static long timestamp(UplinkRecord record, long nowMs, Duration retention) {
    long captured = record.capturedMs();
    long oldest =
        Math.max(0, nowMs - retention.toMillis() / 4 * 3); // Kafka has no time before 1970
    boolean usable = isCaptureTrusted(record, nowMs) && captured >= oldest;
    return usable ? captured : nowMs;
  }

  static boolean isCaptureTrusted(UplinkRecord record, long nowMs) {
    return record.clock() != ClockQuality.UNSYNCED && record.capturedMs() <= nowMs + MOST_FUTURE_MS;
  }

  /**
   * A gap, with {@code after} and {@code before}: the captures between which it lies, in
   * milliseconds since 1970, each as far as it is known.
   */
  ProducerRecord<byte[], byte[]> gap(Gap gap, CaptureTimes.Around around, long nowMs) {
    ObjectNode node = gapNode(gap);
    around.afterMs().ifPresent(after -> node.put("after", after));
    around.beforeMs().ifPresent(before -> node.put("before", before));
    return gap(node, nowMs);
  }

  /** That a reading is not there any more when it is wanted once more. */
  ProducerRecord<byte[], byte[]> refetchedGap(Gap gap, String command, long nowMs) {
    return gap(gapNode(gap).put("track", "refetch").put("refetch", command), nowMs);
  }

  private ObjectNode gapNode(Gap gap) {
    ObjectNode node = JSON.createObjectNode();
    node.put("gateway", batch.gateway())
        .put("epoch", Long.toHexString(batch.epoch()))
        .put("stream", batch.partition().stream())
        .put("partition", batch.partition().partition())
        .put("first", gap.firstOffset())
        .put("next", gap.nextOffset())
        .put("reason", gap.reason().text())
        .put("kept", gap.kept())
        .put("total", gap.total());
    return node;
  }

  private ProducerRecord<byte[], byte[]> gap(ObjectNode node, long nowMs) {
    return new ProducerRecord<>(HubTopics.GAPS, null, nowMs, gateway, utf8(node.toString()));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
