package io.headwater.hub.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.TestHub;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an administrator sees of transactions, and how one is ended by hand. */
@Timeout(60)
class HangingTransactionTest {
  private static final TopicPartition T = new TopicPartition("t", 0);

  @TempDir private Path folder;
  private TestHub hub;

  @BeforeEach
  void start() throws Exception {
    hub = TestHub.start(folder);
    try (var admin = hub.admin()) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void oneThatNoCoordinatorKnowsIsFoundAndAborted() throws Exception {
    var producer = new ProducerEpoch(777_777, (short) 3);
    hub.stop();
    hub.edit(engine -> {
      VerificationGuard guard =
          engine
              .require(T)
              .maybeStartTransactionVerification(producer.producerId(), 0, producer.epoch(), true);
      var _ =
          engine
              .require(T)
              .append(Wire.records(producer, 0, 1_000L), 0, AppendOrigin.CLIENT, guard, (short) -1);
    });
    hub.start();

    try (var admin = hub.admin()) {
      ProducerState hanging = producers(admin).getFirst();
      assertThat(hanging.producerId()).isEqualTo(producer.producerId());
      assertThat(hanging.currentTransactionStartOffset()).hasValue(0);
      assertThat(stable(admin)).isZero();
      assertThat(admin.listTransactions().all().get()).isEmpty();

      admin
          .abortTransaction(new AbortTransactionSpec(T, producer.producerId(), producer.epoch(), 0))
          .all()
          .get();

      assertThat(producers(admin).getFirst().currentTransactionStartOffset()).isEmpty();
      assertThat(stable(admin)).as("record and marker").isEqualTo(2);
    }
  }

  @Test
  void openOnesAreListedDescribedAndFenced() throws Exception {
    try (var producer = hub.producer(Map.of("transactional.id", "tx-1"));
        var admin = hub.admin()) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("t", "k", "v")).get();
      var idle = new Wire(hub, "other").initialized();

      assertThat(ids(admin, new ListTransactionsOptions())).containsExactly("other", "tx-1");
      assertThat(
              ids(
                  admin,
                  new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING))))
          .containsExactly("tx-1");
      assertThat(
              ids(
                  admin,
                  new ListTransactionsOptions().filterProducerIds(List.of(idle.producerId()))))
          .containsExactly("other");
      assertThat(ids(admin, new ListTransactionsOptions().filterOnTransactionalIdPattern("tx-\\d")))
          .containsExactly("tx-1");
      assertThat(ids(admin, new ListTransactionsOptions().filterOnDuration(600_000)))
          .doesNotContain("tx-1");
      assertThatThrownBy(
              () -> ids(admin, new ListTransactionsOptions().filterOnTransactionalIdPattern("(")))
          .hasCauseInstanceOf(InvalidRegularExpression.class);

      var described =
          Objects.requireNonNull(
              admin.describeTransactions(List.of("tx-1")).all().get().get("tx-1"));
      assertThat(described.state()).isEqualTo(TransactionState.ONGOING);
      assertThat(described.topicPartitions()).containsExactly(T);
      assertThat(described.transactionStartTimeMs()).isPresent();
      assertThatThrownBy(() -> admin.describeTransactions(List.of("none")).all().get())
          .hasCauseInstanceOf(TransactionalIdNotFoundException.class);

      admin.forceTerminateTransaction("tx-1").result().get();

      assertThatThrownBy(producer::commitTransaction).isInstanceOf(ProducerFencedException.class);
      Awaitility.await().untilAsserted(() -> assertThat(stable(admin)).isEqualTo(2));
      admin.fenceProducers(List.of("other")).all().get();
      assertThat(new Wire(hub, "other").end(4, idle, false).error().exception())
          .isInstanceOf(ProducerFencedException.class);
    }
  }

  private static List<String> ids(Admin admin, ListTransactionsOptions options) throws Exception {
    return admin.listTransactions(options).all().get().stream()
        .map(TransactionListing::transactionalId)
        .sorted()
        .toList();
  }

  private static List<ProducerState> producers(Admin admin) throws Exception {
    return admin.describeProducers(List.of(T)).partitionResult(T).get().activeProducers();
  }

  private static long stable(Admin admin) throws Exception {
    return admin
        .listOffsets(
            Map.of(T, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
        .partitionResult(T)
        .get()
        .offset();
  }
}
