package io.headwater.hub.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.log.FileLogEngine;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.LogRecords;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.TopicLogs;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.peer.Peers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two coordinators over the same logs, in turn: what one has begun the other goes on with. */
@Timeout(60)
class CoordinatorMoveTest {
  private static final String ID = "tx";
  private static final TopicPartition DATA = new TopicPartition("data", 0);
  private static final TransactionSettings SETTINGS =
      new TransactionSettings(2, Duration.ofMinutes(10), Duration.ofDays(1), Duration.ofMillis(20));
  private static final TopicPartition STATE = SETTINGS.partitionFor(ID);

  @TempDir private Path folder;
  private LogEngine engine;
  private StoredCatalog catalog;
  private Peers peers;
  private StateLogs logs;
  private TransactionCoordinator one;
  private TransactionCoordinator two;

  @BeforeEach
  void start() throws Exception {
    engine =
        FileLogEngine.open(
            folder,
            FileLogSettings.DEFAULTS,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM);
    catalog = MemoryStore.catalog();
    var _ = catalog.subscribe(new TopicLogs(engine, catalog.configs(), 1)::apply);
    catalog.create(new NewTopic(STATE.topic(), 2, 1, Map.of()), false).join();
    catalog.create(new NewTopic(DATA.topic(), 1, 1, Map.of()), false).join();
    peers = new Peers(1, catalog);
    logs = new StateLogs(engine);
    one = coordinator(logs.engine());
    two = coordinator(engine);
  }

  private TransactionCoordinator coordinator(LogEngine seen) {
    var noGroups =
        (GroupCoordinator)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {GroupCoordinator.class},
                (_, method, _) -> {
                  throw new UnsupportedOperationException(method.getName());
                });
    var coordinator =
        new TransactionCoordinator(
            seen,
            new Markers(new MarkerWriter(seen, noGroups), catalog, 1, peers),
            new ProducerIds(catalog),
            SETTINGS,
            new TransactionMetrics(new SimpleMeterRegistry(), Clock.systemUTC()),
            Clock.systemUTC());
    coordinator.start();
    return coordinator;
  }

  @AfterEach
  void stop() {
    logs.release();
    logs.read();
    one.close();
    two.close();
    peers.close();
    catalog.close();
    engine.close();
  }

  private static void elect(TransactionCoordinator coordinator, int epoch) {
    coordinator.onElection(STATE.partition(), epoch);
    coordinator.loaded().join();
  }

  private static void resign(TransactionCoordinator coordinator) {
    coordinator.onResignation(STATE.partition(), OptionalInt.empty());
  }

  private static CompletableFuture<ProducerEpoch> init(TransactionCoordinator coordinator) {
    return coordinator.initProducerId(ID, 60_000, Optional.empty());
  }

  private static Errors error(CompletableFuture<?> answer) {
    Throwable failure = answer.handle((_, e) -> e).orTimeout(10, TimeUnit.SECONDS).join();
    if (failure == null) {
      return Errors.NONE;
    }
    return Errors.forException(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
  }

  private static TransactionState state(TransactionCoordinator coordinator) {
    return coordinator.describe(ID).join().state();
  }

  /** A record of an open transaction, which the coordinator knows of. */
  private ProducerEpoch open(TransactionCoordinator coordinator) {
    ProducerEpoch producer = init(coordinator).join();
    coordinator.addPartitions(ID, producer, Set.of(DATA), TransactionVersion.TV_2).join();
    PartitionLog log = engine.require(DATA);
    VerificationGuard guard =
        log.maybeStartTransactionVerification(producer.producerId(), 0, producer.epoch(), true);
    log.append(Wire.records(producer, 0, 1_000L), 0, AppendOrigin.CLIENT, guard, (short) -1)
        .durable()
        .join();
    return producer;
  }

  @Test
  void onlyWhatIsLedIsServed() {
    assertThat(error(init(one))).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(error(one.describe(ID))).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(
            error(
                one.end(ID, ProducerEpoch.NONE, TransactionResult.COMMIT, TransactionVersion.TV_2)))
        .isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(
            error(one.addPartitions(ID, ProducerEpoch.NONE, Set.of(DATA), TransactionVersion.TV_2)))
        .isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(error(one.verify(ID, ProducerEpoch.NONE, Set.of(DATA))))
        .isEqualTo(Errors.NOT_COORDINATOR);
    one.onElection(1 - STATE.partition(), 0);
    assertThat(error(init(one))).isEqualTo(Errors.NOT_COORDINATOR);
    one.loaded().join();
    assertThat(one.list().join()).isEmpty();
  }

  @Test
  void clientsComeAgainWhileItIsRead() {
    elect(two, 0);
    init(two).join();
    resign(two);
    logs.holdReading();
    one.onElection(STATE.partition(), 1);

    assertThat(error(init(one))).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    assertThat(error(one.list())).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);

    logs.read();
    one.loaded().join();
    assertThat(state(one)).isEqualTo(TransactionState.EMPTY);
  }

  @Test
  void whatIsLostWhileItIsReadIsNotServed() {
    logs.holdReading();
    one.onElection(STATE.partition(), 0);
    resign(one);
    logs.read();

    assertThat(error(init(one))).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void whatCouldNotBeReadIsReadAgainInTheSameTenure() {
    elect(two, 0);
    ProducerEpoch producer = open(two);
    resign(two);
    logs.failReading(2);

    elect(one, 1);

    Awaitility.await().until(() -> error(one.describe(ID)) == Errors.NONE);
    assertThat(state(one)).isEqualTo(TransactionState.ONGOING);
    assertThat(error(one.end(ID, producer, TransactionResult.COMMIT, TransactionVersion.TV_2)))
        .isEqualTo(Errors.NONE);
    Awaitility.await()
        .untilAsserted(() -> assertThat(state(one)).isEqualTo(TransactionState.COMPLETE_COMMIT));
  }

  @Test
  void nobodyWaitsForWhatCannotBeRead() {
    elect(two, 0);
    init(two).join();
    resign(two);
    logs.failReading(Integer.MAX_VALUE);

    elect(one, 1);

    assertThat(error(init(one))).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(one.list().join()).isEmpty();
    resign(one);
    assertThat(error(init(one))).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void aStepUnderWayFailsWhenThePartitionIsLostAndTheNextHasIt() {
    elect(one, 0);
    assertThat(init(one).join().epoch()).isZero();
    logs.hold();
    CompletableFuture<ProducerEpoch> underWay = init(one);
    // It is on disk, but that is not heard of.
    Awaitility.await().until(() -> engine.require(STATE).highWatermark() == 2);
    assertThat(underWay).isNotDone();

    resign(one);

    assertThat(error(underWay)).isEqualTo(Errors.NOT_COORDINATOR);
    logs.release();
    assertThat(error(one.describe(ID))).isEqualTo(Errors.NOT_COORDINATOR);
    elect(two, 1);
    assertThat(init(two).join().epoch()).isEqualTo((short) 2);
  }

  @Test
  void whoWaitsForAStepIsSentOnToo() {
    elect(one, 0);
    ProducerEpoch producer = init(one).join();
    logs.hold();
    CompletableFuture<Void> first =
        one.addPartitions(ID, producer, Set.of(DATA), TransactionVersion.TV_2);
    Awaitility.await().until(() -> engine.require(STATE).endOffset() == 2);
    CompletableFuture<Void> second =
        one.addPartitions(
            ID, producer, Set.of(new TopicPartition("data", 1)), TransactionVersion.TV_2);

    resign(one);

    assertThat(error(first)).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(error(second)).isIn(Errors.NOT_COORDINATOR, Errors.CONCURRENT_TRANSACTIONS);
  }

  @Test
  void whatIsRegainedIsReadAgain() {
    elect(one, 0);
    ProducerEpoch first = init(one).join();
    resign(one);
    elect(two, 1);
    ProducerEpoch second = init(two).join();
    resign(two);

    elect(one, 2);

    assertThat(first.epoch()).isZero();
    assertThat(second.epoch()).isEqualTo((short) 1);
    assertThat(init(one).join()).isEqualTo(new ProducerEpoch(first.producerId(), (short) 2));
    assertThat(epochs()).containsExactly(0, 1, 2);
  }

  /** The leader epochs of the state's batches. */
  private List<Integer> epochs() {
    var epochs = new ArrayList<Integer>();
    LogRecords.forEachBatch(
        engine.require(STATE), batch -> epochs.add(batch.partitionLeaderEpoch()));
    return epochs;
  }

  @Test
  void aHigherEpochOfOnesOwnReadsAgain() {
    elect(one, 0);
    init(one).join();
    logs.hold();
    CompletableFuture<ProducerEpoch> underWay = init(one);
    Awaitility.await().until(() -> engine.require(STATE).highWatermark() == 2);

    elect(one, 1);

    assertThat(error(underWay)).isEqualTo(Errors.NOT_COORDINATOR);
    logs.release();
    assertThat(init(one).join().epoch()).isEqualTo((short) 2);
  }

  @Test
  void whatIsOfThePastChangesNothing() {
    elect(one, 3);
    init(one).join();
    logs.holdReading();

    one.onElection(STATE.partition(), 2);
    one.onElection(STATE.partition(), 3);
    one.onResignation(STATE.partition(), OptionalInt.of(3));

    assertThat(init(one).join().epoch()).isEqualTo((short) 1);
  }

  @Test
  void theNextGoesOnWithAPreparedCommit() {
    goesOnWith(TransactionResult.COMMIT, TransactionState.COMPLETE_COMMIT);
  }

  @Test
  void theNextGoesOnWithAPreparedAbort() {
    goesOnWith(TransactionResult.ABORT, TransactionState.COMPLETE_ABORT);
  }

  private void goesOnWith(TransactionResult result, TransactionState complete) {
    elect(one, 0);
    ProducerEpoch producer = open(one);
    logs.refuseMarkers(true);
    one.end(ID, producer, result, TransactionVersion.TV_2).join();
    assertThat(engine.require(DATA).lastStableOffset()).isZero();

    resign(one);
    logs.refuseMarkers(false); // the first would write its markers now
    elect(two, 1);

    Awaitility.await().untilAsserted(() -> assertThat(state(two)).isEqualTo(complete));
    PartitionLog log = engine.require(DATA);
    assertThat(log.lastStableOffset()).as("record and marker").isEqualTo(2);
    assertThat(log.activeProducers().getFirst().coordinatorEpoch())
        .as("the leader epoch of the state partition")
        .isEqualTo(1);
    // Its client, which has not heard of the end, asks the next one.
    assertThat(error(two.end(ID, producer, result, TransactionVersion.TV_2)))
        .isEqualTo(Errors.NONE);
    assertThat(error(one.describe(ID))).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(log.endOffset()).isEqualTo(2);
  }

  @Test
  void onlyTheHolderEndsWhatIsOverdue() {
    elect(one, 0);
    ProducerEpoch producer = init(one).join();
    one.initProducerId(ID, 1, Optional.of(producer)).join();
    ProducerEpoch again = new ProducerEpoch(producer.producerId(), (short) 1);
    logs.hold();
    CompletableFuture<Void> added =
        one.addPartitions(ID, again, Set.of(DATA), TransactionVersion.TV_2);
    Awaitility.await().until(() -> engine.require(STATE).highWatermark() == 3);
    resign(one);
    assertThat(error(added)).isEqualTo(Errors.NOT_COORDINATOR);
    logs.release();

    elect(two, 1);

    Awaitility.await()
        .untilAsserted(() -> assertThat(state(two)).isEqualTo(TransactionState.COMPLETE_ABORT));
  }
}
