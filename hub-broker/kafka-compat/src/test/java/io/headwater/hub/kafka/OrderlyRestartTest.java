package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class OrderlyRestartTest {
  @TempDir private Path folder;

  /**
   * What was appended is answered before the end: the log knows but the last batch of each producer
   * after an orderly start, so that others that are sent again would count as new.
   */
  @Test
  void aProducerWithManyRequestsUnderWayDoublesNothing() throws Exception {
    var hub = TestHub.start(folder);
    try {
      try (var admin = hub.admin()) {
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
      }
      var sent = new AtomicInteger();
      var acknowledged = new AtomicInteger();
      var failures = new ConcurrentLinkedQueue<Exception>();
      var over = new AtomicBoolean();
      try (var producer =
          hub.producer(Map.of("linger.ms", 0, "batch.size", 0, "reconnect.backoff.max.ms", 100))) {
        var sending =
            CompletableFuture.runAsync(() -> {
              while (!over.get()) {
                producer.send(
                    new ProducerRecord<>("t", "v" + sent.getAndIncrement()),
                    (_, failure) -> {
                      if (failure == null) {
                        acknowledged.incrementAndGet();
                      } else {
                        failures.add(failure);
                      }
                    });
                LockSupport.parkNanos(100_000);
              }
            });
        for (int round = 0; round < 8; round++) {
          int before = acknowledged.get();
          Awaitility.await().until(() -> acknowledged.get() > before + 100);
          hub.restart();
        }
        over.set(true);
        sending.join();
        producer.flush();
      }
      assertThat(failures).isEmpty();
      var values = new ArrayList<String>();
      try (var consumer = hub.consumer(Map.of())) {
        var partition = new TopicPartition("t", 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).values().iterator().next();
        while (consumer.position(partition) < end) {
          consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
        }
      }
      assertThat(values).doesNotHaveDuplicates().hasSize(sent.get());
    } finally {
      hub.close();
    }
  }
}
