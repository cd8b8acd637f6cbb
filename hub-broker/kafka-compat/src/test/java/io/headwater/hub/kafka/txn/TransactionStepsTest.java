package io.headwater.hub.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.TestHub;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How often the coordinator writes: each time a force of the disk, for which a client waits. */
@Timeout(60)
class TransactionStepsTest {
  private static final String ID = "tx";
  private static final int PARTITIONS = 12;

  @TempDir private Path folder;

  @Test
  void partitionsOfOneRequestAreAddedTogether() throws Exception {
    int transactions = 10;
    try (TestHub hub = TestHub.start(folder)) {
      try (var admin = hub.admin()) {
        admin.createTopics(List.of(new NewTopic("many", PARTITIONS, (short) 1))).all().get();
      }
      // All that is sent before the flush goes in one request.
      try (var producer = hub.producer(Map.of("transactional.id", ID, "linger.ms", 10_000))) {
        producer.initTransactions();
        for (int i = 0; i < transactions; i++) {
          producer.beginTransaction();
          for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(new ProducerRecord<>("many", partition, "k", "v"));
          }
          producer.commitTransaction();
        }
      }
      hub.stop();
      // The producer's id; then of each transaction: partitions, decision, end. The coordinator
      // may have begun with the first partitions before it sees the others, which then wait for
      // that step and go together; four steps of them are a thread that stood still in between.
      hub.edit(engine ->
          assertThat(engine.require(States.partitionOf(ID)).endOffset())
              .isLessThanOrEqualTo(1 + transactions * 6L));
      hub.start();
    }
  }
}
