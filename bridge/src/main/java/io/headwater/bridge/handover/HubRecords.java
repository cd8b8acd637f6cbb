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

  private HubRecords() {}

  /** Key and value as routed; the value is never rewritten. */
  static ProducerRecord<byte[], byte[]> reading(
      Batch batch, UplinkRecord record, long nowMs, Duration retention) {
    return new ProducerRecord<>(
        batch.partition().stream(),
        null,
        timestamp(record, nowMs, retention),
        record.key(),
        record.value(),
        headers(batch, record));
  }

  /** The record in the dead-letter topic, with the cause. */
  static ProducerRecord<byte[], byte[]> poison(
      Batch batch, UplinkRecord record, long nowMs, String cause) {
    Headers headers = headers(batch, record);
    headers.add("cause", utf8(cause));
    return new ProducerRecord<>(
        batch.partition().stream() + ".dlq", null, nowMs, record.key(), record.value(), headers);
  }

  private static Headers headers(Batch batch, UplinkRecord record) {
    var headers = new RecordHeaders();
    headers.add("gateway", utf8(batch.gateway()));
    headers.add("mqtt.topic", utf8(record.mqttTopic()));
    headers.add("mqtt.client", utf8(record.mqttClient()));
    headers.add(
        "edge.offset",
        utf8(
            Long.toHexString(batch.epoch())
                + ":"
                + batch.partition().stream()
                + ":"
                + batch.partition().partition()
                + ":"
                + record.offset()));
    headers.add("track", utf8(batch.track().text()));
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
    boolean usable =
        record.clock() != ClockQuality.UNSYNCED
            && captured >= nowMs - retention.toMillis() / 4 * 3
            && captured <= nowMs + MOST_FUTURE_MS;
    return usable ? captured : nowMs;
  }

  static ProducerRecord<byte[], byte[]> gap(Batch batch, Gap gap, long nowMs) {
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
    return new ProducerRecord<>(
        HubTopics.GAPS, null, nowMs, utf8(batch.gateway()), utf8(node.toString()));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
