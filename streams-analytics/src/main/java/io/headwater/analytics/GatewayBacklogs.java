package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.Threads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What gateways say of their backlogs, out of the bridges' topic {@code headwater-presence}.
 * Without bridges there is none, and nobody tells.
 *
 * <p>Its own thread reads; others find what it has read in a concurrent map.
 */
final class GatewayBacklogs implements Backlogs, AutoCloseable {
  private static final String TOPIC = "headwater-presence";
  private static final String GATEWAY = "gateway/";
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration ASK_AGAIN = Duration.ofSeconds(10);

  /**
   * What a gateway said last.
   *
   * @param saidMs when, by a bridge's clock
   * @param depth readings that the hub did not have then
   * @param oldestMs when the oldest of them was captured
   */
  private record Report(long saidMs, long depth, long oldestMs) {}

  private final Map<String, Object> reading;
  private final Map<String, Report> reports = new ConcurrentHashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Starts to read.
   *
   * @param reading a consumer's configuration, without a group
   */
  GatewayBacklogs(Map<String, Object> reading) {
    this.reading = reading;
    this.thread = Threads.start("analytics-backlogs-0", this::run);
  }

  @Override
  public boolean settledSince(String gateway, long timeMs) {
    Report report = reports.get(gateway);
    return report != null
        && report.saidMs() > timeMs
        && (report.depth() == 0 || report.oldestMs() > timeMs);
  }

  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
    try {
      thread.join(ASK_AGAIN);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!stop.await(0, TimeUnit.MILLISECONDS)) {
        try (var consumer =
            new KafkaConsumer<>(
                reading, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
          follow(consumer);
        } catch (KafkaException _) {
          // The hub is watched elsewhere.
        }
        var _ = stop.await(ASK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void follow(KafkaConsumer<byte[], byte[]> consumer) throws InterruptedException {
    List<PartitionInfo> partitions;
    while ((partitions = consumer.listTopics().get(TOPIC)) == null) {
      if (stop.await(ASK_AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    }
    List<TopicPartition> all =
        partitions.stream().map(each -> new TopicPartition(TOPIC, each.partition())).toList();
    consumer.assign(all);
    consumer.seekToBeginning(all);
    while (stop.getCount() > 0) {
      consumer.poll(POLL).forEach(this::take);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    if (!key.startsWith(GATEWAY)) {
      return;
    }
    String gateway = key.substring(GATEWAY.length());
    if (record.value() == null) {
      reports.remove(gateway);
      return;
    }
    try {
      JsonNode report = JSON.readTree(record.value());
      if (report.path("online").asBoolean() && report.path("depth").isIntegralNumber()) {
        reports.put(
            gateway,
            new Report(
                report.path("lastSeen").asLong(),
                report.path("depth").asLong(),
                report.path("oldest").asLong()));
      }
    } catch (IOException _) {
      reports.remove(gateway); // somebody else's
    }
  }
}
