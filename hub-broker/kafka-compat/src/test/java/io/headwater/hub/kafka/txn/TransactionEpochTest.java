package io.headwater.hub.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.TestHub;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which producer id and epoch a producer has after what, and what others are told. */
@Timeout(90)
class TransactionEpochTest {
  private static final String ID = "tx";
  private static final TopicPartition T = new TopicPartition("t", 0);
  private static final long OWN_ID = 900_000;
  private static final short LAST = Short.MAX_VALUE - 1;

  @TempDir private Path folder;
  private TestHub hub;
  private Wire wire;

  @BeforeEach
  void start() throws Exception {
    hub = TestHub.start(folder);
    wire = new Wire(hub, ID);
    try (var admin = hub.admin()) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }
    hub.askForCoordinator();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private void startWith(TransactionMetadata metadata) throws IOException {
    hub.stop();
    hub.edit(engine -> States.write(engine, metadata));
    hub.start();
  }

  private TransactionMetadata state(int epoch, int lastEpoch, TransactionState state) {
    return States.metadata(
        ID,
        new ProducerEpoch(OWN_ID, (short) epoch),
        lastEpoch,
        state,
        state == TransactionState.ONGOING ? Set.of(T) : Set.of(),
        hub.clock().millis());
  }

  private static ProducerEpoch own(int epoch) {
    return new ProducerEpoch(OWN_ID, (short) epoch);
  }

  @Test
  void anEndWithTheLastEpochGoesOnWithANewProducerIdAlsoWhenAskedTwice() throws Exception {
    startWith(state(LAST, LAST - 1, TransactionState.ONGOING));

    Wire.Answer first = wire.end(5, own(LAST), true);
    assertThat(first.error()).isEqualTo(Errors.NONE);
    assertThat(first.producer().producerId()).isNotEqualTo(OWN_ID);
    assertThat(first.producer().epoch()).isZero();
    assertThat(wire.ended(5, own(LAST), true)).isEqualTo(first);
    hub.crash();
    hub.start();
    assertThat(wire.ended(5, own(LAST), true)).as("after a restart").isEqualTo(first);

    ProducerEpoch next = first.producer();
    assertThat(wire.produce(12, next, 0, T)).isEqualTo(Errors.NONE);
    assertThat(wire.ended(5, next, true).producer())
        .isEqualTo(new ProducerEpoch(next.producerId(), (short) 1));
    assertThat(wire.ended(5, own(LAST), true).error())
        .as("the old producer")
        .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
  }

  @Test
  void anInitAfterTheLastEpochGivesANewProducerIdAlsoWhenAskedTwice() throws Exception {
    startWith(state(LAST - 1, -1, TransactionState.EMPTY));

    assertThat(wire.init(5, own(LAST - 1))).isEqualTo(new Wire.Answer(Errors.NONE, own(LAST)));

    assertThat(wire.init(5, own(LAST - 1)))
        .as("the answer with the last epoch was lost")
        .isEqualTo(new Wire.Answer(Errors.NONE, own(LAST)));
    assertThat(wire.init(5, own(LAST - 2)).error()).isEqualTo(Errors.PRODUCER_FENCED);
    Wire.Answer rotated = wire.init(5, own(LAST));
    assertThat(rotated.error()).isEqualTo(Errors.NONE);
    assertThat(rotated.producer().producerId()).isNotEqualTo(OWN_ID);
    assertThat(rotated.producer().epoch()).isZero();
    assertThat(wire.init(5, own(LAST))).isEqualTo(rotated);
    assertThat(wire.init(5, own(LAST - 1)).error()).isEqualTo(Errors.PRODUCER_FENCED);
  }

  @Test
  void aTransactionThatIsOverdueAtTheLastEpochIsAbortedAndItsIdGoesOn() throws Exception {
    startWith(state(LAST, LAST - 1, TransactionState.ONGOING));
    hub.pass(Duration.ofMinutes(2));

    Awaitility.await().untilAsserted(() -> assertThat(describe()).startsWith("CompleteAbort"));
    ProducerEpoch next = wire.initialized();
    assertThat(next.producerId()).isNotEqualTo(OWN_ID);
    assertThat(wire.produce(12, next, 0, T)).isEqualTo(Errors.NONE);
    assertThat(wire.ended(5, next, true).error()).isEqualTo(Errors.NONE);
  }

  @Test
  void anInitDuringATransactionRaisesTheEpochOnceForTheAbortAndOnceForItself() throws Exception {
    ProducerEpoch old = wire.initialized();
    assertThat(wire.produce(12, old, 0, T)).isEqualTo(Errors.NONE);

    assertThat(wire.init(5, ProducerEpoch.NONE).error()).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
    ProducerEpoch newer = wire.initialized();
    assertThat(newer).isEqualTo(new ProducerEpoch(old.producerId(), (short) (old.epoch() + 2)));
    assertThat(wire.ended(5, old, true).error()).isEqualTo(Errors.PRODUCER_FENCED);
    assertThat(wire.produce(12, old, 1, T)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
  }

  @Test
  void aProducerWhoseTimeIsOverIsFencedOrMayAbortByItsVersion() throws Exception {
    ProducerEpoch producer = wire.initialized();
    assertThat(wire.produce(12, producer, 0, T)).isEqualTo(Errors.NONE);
    hub.pass(Duration.ofMinutes(2));
    Awaitility.await().untilAsserted(() -> assertThat(describe()).startsWith("CompleteAbort"));

    assertThat(wire.produce(12, producer, 1, T)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(wire.end(5, producer, true).error()).isEqualTo(Errors.INVALID_TXN_STATE);
    assertThat(wire.end(4, producer, true).error()).isEqualTo(Errors.PRODUCER_FENCED);
    assertThat(wire.end(5, producer, false))
        .as("version 2 takes the abort for its own")
        .isEqualTo(
            new Wire.Answer(
                Errors.NONE,
                new ProducerEpoch(producer.producerId(), (short) (producer.epoch() + 1))));
  }

  @Test
  void everyEndRaisesTheEpochOfVersionTwoAndRepeatsItsAnswer() throws Exception {
    ProducerEpoch first = wire.initialized();
    assertThat(wire.end(5, first, true).error()).isEqualTo(Errors.INVALID_TXN_STATE);
    Wire.Answer nothing = wire.ended(5, first, false);
    assertThat(nothing.producer())
        .as("the abort of an empty transaction")
        .isEqualTo(new ProducerEpoch(first.producerId(), (short) (first.epoch() + 1)));
    assertThat(wire.ended(5, first, false)).isEqualTo(nothing);

    ProducerEpoch second = nothing.producer();
    assertThat(wire.produce(12, second, 0, T)).isEqualTo(Errors.NONE);
    Wire.Answer committed = wire.ended(5, second, true);
    assertThat(wire.ended(5, second, true)).isEqualTo(committed);
    assertThat(wire.ended(5, second, false).error()).isEqualTo(Errors.INVALID_TXN_STATE);
    assertThat(wire.ended(5, committed.producer(), true).error())
        .as("a commit of nothing")
        .isEqualTo(Errors.INVALID_TXN_STATE);
  }

  @Test
  void aFenceIsNamedAsTheVersionKnowsIt() throws Exception {
    ProducerEpoch old = wire.initialized();
    ProducerEpoch newer = wire.initialized();
    var stale = new ProducerEpoch(old.producerId(), (short) (newer.epoch() + 7));

    assertThat(wire.init(3, stale).error()).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(wire.init(4, stale).error()).isEqualTo(Errors.PRODUCER_FENCED);
    assertThat(wire.add(1, old, T)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(wire.add(2, old, T)).isEqualTo(Errors.PRODUCER_FENCED);
    assertThat(wire.addOffsets(1, old)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(wire.addOffsets(2, old)).isEqualTo(Errors.PRODUCER_FENCED);
    assertThat(wire.end(1, old, true).error()).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(wire.end(2, old, true).error()).isEqualTo(Errors.PRODUCER_FENCED);
  }

  @Test
  void anAppendOutsideTheTransactionIsRefusedAsTheVersionKnowsIt() throws Exception {
    ProducerEpoch producer = wire.initialized();

    assertThat(wire.produce(10, producer, 0, T)).isEqualTo(Errors.INVALID_TXN_STATE);
    assertThat(wire.produce(11, producer, 0, T)).isEqualTo(Errors.TRANSACTION_ABORTABLE);
    assertThat(wire.add(3, producer, T)).isEqualTo(Errors.NONE);
    assertThat(wire.produce(11, producer, 0, T)).isEqualTo(Errors.NONE);
    assertThat(wire.ended(4, producer, true).error()).isEqualTo(Errors.NONE);
    assertThat(wire.ended(4, producer, true).error()).as("again").isEqualTo(Errors.NONE);
    assertThat(wire.ended(4, producer, false).error()).isEqualTo(Errors.INVALID_TXN_STATE);
  }

  @Test
  void whatCannotBeMeantIsRefused() throws Exception {
    int longest = (int) TestHub.LONGEST_TRANSACTION.toMillis();
    for (int timeout : List.of(0, -1, longest + 1)) {
      assertThat(wire.init(5, ProducerEpoch.NONE, timeout).error())
          .isEqualTo(Errors.INVALID_TRANSACTION_TIMEOUT);
    }
    assertThat(wire.init(5, ProducerEpoch.NONE, longest).error()).isEqualTo(Errors.NONE);
    assertThat(wire.init(5, new ProducerEpoch(5, (short) -1)).error())
        .isEqualTo(Errors.INVALID_REQUEST);
    var empty = new Wire(hub, "");
    var anybody = new ProducerEpoch(1, (short) 1);
    assertThat(empty.init(5, ProducerEpoch.NONE).error()).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(empty.end(5, anybody, true).error()).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(empty.add(3, anybody, T)).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(new Wire(hub, "new").end(5, anybody, true).error())
        .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
  }

  @Test
  void twoPhaseCommitIsNotAnnouncedAndItsRequestClosesTheConnection() throws Exception {
    var versions =
        (ApiVersionsResponse)
            hub.send(
                ApiKeys.API_VERSIONS,
                4,
                new ApiVersionsRequestData()
                    .setClientSoftwareName("test")
                    .setClientSoftwareVersion("1"));
    assertThat(versions.apiVersion(ApiKeys.INIT_PRODUCER_ID.id).maxVersion()).isEqualTo((short) 5);
    assertThatThrownBy(() ->
            hub.send(
                ApiKeys.INIT_PRODUCER_ID,
                6,
                new InitProducerIdRequestData()
                    .setTransactionalId(ID)
                    .setTransactionTimeoutMs(1_000)
                    .setEnable2Pc(true)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void idempotentProducersNeverGetAnIdTwiceAlsoOverCrashes() throws Exception {
    var ids = new HashSet<Long>();
    for (int start = 0; start < 3; start++) {
      for (int i = 0; i < 20; i++) {
        var response =
            (InitProducerIdResponse)
                hub.send(
                    ApiKeys.INIT_PRODUCER_ID,
                    5,
                    new InitProducerIdRequestData()
                        .setTransactionalId(null)
                        .setTransactionTimeoutMs(0));
        assertThat(ids.add(response.data().producerId())).isTrue();
        assertThat(response.data().producerEpoch()).isZero();
      }
      hub.crash();
      hub.start();
    }
  }

  @Test
  void anUnusedIdIsForgottenAndAnOpenOneIsNot() throws Exception {
    ProducerEpoch unused = wire.initialized();
    var open = new Wire(hub, "open");
    ProducerEpoch producer = open.init(5, ProducerEpoch.NONE, 300_000).producer();
    assertThat(open.produce(12, producer, 0, T)).isEqualTo(Errors.NONE);

    hub.pass(TestHub.ID_EXPIRATION.plusSeconds(30));

    Awaitility.await().untilAsserted(() -> assertThat(describe()).isEqualTo("none"));
    assertThat(wire.end(5, unused, false).error()).isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
    hub.crash();
    hub.edit(engine -> {
      assertThat(States.read(engine, ID)).as("a tombstone").isEmpty();
      assertThat(States.read(engine, "open").map(TransactionMetadata::state))
          .contains(TransactionState.ONGOING);
    });
    hub.start();
    assertThat(describe()).isEqualTo("none");
    assertThat(open.ended(5, producer, true).error()).isEqualTo(Errors.NONE);
    assertThat(wire.initialized().producerId()).isNotEqualTo(unused.producerId());
    assertThat(stableOffset()).as("record and marker").isEqualTo(2);
  }

  private long stableOffset() throws Exception {
    try (var admin = hub.admin()) {
      return Awaitility.await()
          .until(
              () ->
                  admin
                      .listOffsets(
                          Map.of(T, OffsetSpec.latest()),
                          new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                      .partitionResult(T)
                      .get()
                      .offset(),
              offset -> offset > 1);
    }
  }

  /** State and epoch of the id; none if it is not known. */
  private String describe() throws Exception {
    try (var admin = hub.admin()) {
      return admin.listTransactions().all().get().stream()
          .filter(listing -> listing.transactionalId().equals(ID))
          .map(listing -> listing.state().toString())
          .findFirst()
          .orElse("none");
    }
  }
}
