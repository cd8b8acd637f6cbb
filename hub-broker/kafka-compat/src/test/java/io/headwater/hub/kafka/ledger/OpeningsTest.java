package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OpeningsTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);

  /** Or the partition would stay closed for ever, and nobody would be told. */
  @Test
  void whatFailsUnexpectedlyIsAProblemAndTriedAgain() {
    var asked = new AtomicInteger();
    var let = new CompletableFuture<Void>();
    var opener =
        new Openings.Opener() {
          @Override
          public void open(TopicPartition partition, Openings.Wanted wanted) {
            if (asked.incrementAndGet() == 1) {
              throw new IllegalStateException("nobody thought of this");
            }
            let.join();
          }

          @Override
          public void giveUp(TopicPartition partition, Openings.Wanted wanted) {}
        };
    try (var openings = new Openings(opener)) {
      openings.want(PARTITION, new Openings.Wanted(Uuid.randomUuid(), 0, new LogConfig(Map.of())));
      await().until(() -> asked.get() == 2);
      assertThat(openings.problem())
          .hasValueSatisfying(
              problem -> assertThat(problem).contains("t-0: nobody thought of this"));
      let.complete(null);
      await().until(() -> openings.problem().isEmpty());
    } finally {
      let.complete(null);
    }
  }
}
