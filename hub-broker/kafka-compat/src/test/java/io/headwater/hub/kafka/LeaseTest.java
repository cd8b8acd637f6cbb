package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.MemoryLedgers;
import java.io.EOFException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class LeaseTest {
  @TempDir private Path folder;

  @Test
  void aBrokerWithoutALeaseAnswersNothingAndItsClientsGoOnElsewhere() throws Exception {
    try (var cluster = TestCluster.start(folder, 3, new MemoryLedgers())) {
      try (var admin = cluster.admin()) {
        admin.createTopics(List.of(new NewTopic("t", 3, (short) 3))).all().get();
      }
      cluster.awaitView(1);
      cluster.loseLease(1);
      assertThatThrownBy(() -> cluster.metadata(1)).isInstanceOf(EOFException.class);
      assertThat(cluster.metadata(2).brokers()).hasSize(3);
      try (var producer = cluster.producer(Map.of())) {
        var sent = new CompletableFuture<?>[3];
        for (int i = 0; i < 3; i++) {
          var one = new CompletableFuture<Void>();
          sent[i] = one;
          producer.send(
              new ProducerRecord<>("t", i, "k", "v"),
              (_, failure) -> {
                if (failure == null) {
                  one.complete(null);
                } else {
                  one.completeExceptionally(failure);
                }
              });
        }
        cluster.expire(1); // others lead what it led
        CompletableFuture.allOf(sent).get(60, TimeUnit.SECONDS);
      }
      cluster.regainLease(1);
      assertThat(cluster.metadata(1).topics()).hasSize(1);
    }
  }
}
