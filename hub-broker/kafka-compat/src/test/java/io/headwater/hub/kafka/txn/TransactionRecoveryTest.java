package io.headwater.hub.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.TestHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A crash in each state of a transaction over two partitions and a group's offsets. What readers of
 * committed records see afterwards is the decision, whole.
 */
@Timeout(90)
class TransactionRecoveryTest {
  private static final String ID = "tx";
  private static final TopicPartition ONE = new TopicPartition("one", 0);
  private static final TopicPartition TWO = new TopicPartition("two", 0);

  @TempDir private Path folder;
  private TestHub hub;

  @BeforeEach
  void start() throws Exception {
    hub = TestHub.start(folder);
    try (var admin = hub.admin()) {
      admin
          .createTopics(
              List.of(new NewTopic("one", 1, (short) 1), new NewTopic("two", 1, (short) 1)))
          .all()
          .get();
    }
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  /** Crashes with an open transaction: a record in each partition, and an offset of group g. */
  private void crashWithOpenTransaction() throws Exception {
    var producer = hub.producer(Map.of("transactional.id", ID));
    producer.initTransactions();
    producer.beginTransaction();
    for (TopicPartition partition : List.of(ONE, TWO)) {
      producer.send(new ProducerRecord<>(partition.topic(), "k", "v")).get();
    }
    try (var group = hub.consumer(Map.of("group.id", "g"))) {
      producer.sendOffsetsToTransaction(
          Map.of(ONE, new OffsetAndMetadata(7)), group.groupMetadata());
    }
    hub.crash();
    producer.close(Duration.ZERO);
  }

  private void decide(boolean commit, List<TopicPartition> marked) throws IOException {
    hub.edit(engine -> {
      var _ = States.decide(engine, ID, commit, marked);
    });
    hub.start();
  }

  @Test
  void openStaysOpenUntilItsTimeIsOver() throws Exception {
    crashWithOpenTransaction();
    hub.start();

    try (var admin = hub.admin()) {
      assertThat(stable(admin, ONE)).isZero();
      assertThat(state(admin)).isEqualTo("Ongoing");
    }
    hub.pass(Duration.ofMinutes(2));
    assertDecided(false);
  }

  @Test
  void openIsAbortedByItsProducersSuccessor() throws Exception {
    crashWithOpenTransaction();
    hub.start();

    var _ = new Wire(hub, ID).initialized();

    assertDecided(false);
  }

  @Test
  void commitWithoutAnyMarkerIsDone() throws Exception {
    crashWithOpenTransaction();
    decide(true, List.of());
    assertDecided(true);
  }

  @Test
  void commitWithSomeMarkersIsDone() throws Exception {
    crashWithOpenTransaction();
    decide(true, List.of(TWO));
    assertDecided(true);
  }

  @Test
  void commitWithAllMarkersOfRecordsIsDone() throws Exception {
    crashWithOpenTransaction();
    decide(true, List.of(ONE, TWO));
    assertDecided(true);
  }

  @Test
  void abortWithoutAnyMarkerIsDone() throws Exception {
    crashWithOpenTransaction();
    decide(false, List.of());
    assertDecided(false);
  }

  @Test
  void abortWithSomeMarkersIsDone() throws Exception {
    crashWithOpenTransaction();
    decide(false, List.of(ONE));
    assertDecided(false);
  }

  @Test
  void completeStaysComplete() throws Exception {
    crashWithOpenTransaction();
    decide(true, List.of());
    assertDecided(true);
    hub.crash();
    hub.start();
    assertDecided(true);
    try (var admin = hub.admin()) {
      assertThat(state(admin)).isEqualTo("CompleteCommit");
    }
  }

  @Test
  void forgottenStaysForgottenAndItsRecordsStay() throws Exception {
    crashWithOpenTransaction();
    decide(true, List.of());
    assertDecided(true);
    hub.pass(TestHub.ID_EXPIRATION.plusSeconds(60));
    try (var admin = hub.admin()) {
      Awaitility.await().untilAsserted(() -> assertThat(state(admin)).isEqualTo("none"));
    }
    hub.crash();
    hub.start();
    assertDecided(true);
    try (var admin = hub.admin()) {
      assertThat(state(admin)).isEqualTo("none");
    }
  }

  @Test
  void aDecisionGoesOnWithoutThePartitionsThatWereDeleted() throws Exception {
    crashWithOpenTransaction();
    hub.edit(engine -> {
      var _ = States.decide(engine, ID, true, List.of());
    });
    hub.forget("two");
    hub.start();

    try (var admin = hub.admin()) {
      Awaitility.await().untilAsserted(() -> assertThat(state(admin)).isEqualTo("CompleteCommit"));
      assertThat(stable(admin, ONE)).isEqualTo(2);
    }
  }

  @Test
  void aDecisionWaitsForALostPartitionAndNobodyWaitsWithIt() throws Exception {
    crashWithOpenTransaction();
    var decided = new ArrayList<ProducerEpoch>();
    hub.edit(engine -> decided.add(States.decide(engine, ID, true, List.of())));
    Path segment = hub.folder(TWO).resolve("00000000000000000000.log");
    Path aside = Files.move(segment, folder.resolve("aside"));
    Files.createDirectory(segment); // cannot be opened as a file
    hub.start();

    try (var admin = hub.admin()) {
      Awaitility.await().untilAsserted(() -> assertThat(stable(admin, ONE)).isEqualTo(2));
      assertThat(state(admin)).isEqualTo("PrepareCommit");
    }
    var wire = new Wire(hub, ID);
    ProducerEpoch next = decided.getFirst();
    assertThat(wire.init(5, ProducerEpoch.NONE).error()).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
    assertThat(wire.produce(12, next, 0, ONE)).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
    assertThat(wire.add(3, next, ONE)).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);

    hub.stop();
    Files.delete(segment);
    Files.move(aside, segment);
    hub.start();
    assertDecided(true);
  }

  @Test
  void idsOfALostStatePartitionAreNotTakenForNew() throws Exception {
    crashWithOpenTransaction();
    Path segment = hub.folder(States.partitionOf(ID)).resolve("00000000000000000000.log");
    Path aside = Files.move(segment, folder.resolve("aside"));
    Files.createDirectory(segment);
    hub.start();

    var wire = new Wire(hub, ID);
    var anybody = new ProducerEpoch(1, (short) 0);
    assertThat(wire.init(5, ProducerEpoch.NONE).error())
        .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(wire.end(5, anybody, true).error()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    String other = ID;
    while (States.partitionOf(other).equals(States.partitionOf(ID))) {
      other += "y"; // an odd code changes the hash's parity
    }
    assertThat(new Wire(hub, other).init(5, ProducerEpoch.NONE).error()).isEqualTo(Errors.NONE);

    hub.stop();
    Files.delete(segment);
    Files.move(aside, segment);
    hub.start();
    var _ = wire.initialized();
    assertDecided(false);
  }

  /** All stable offsets have moved on, and both partitions and the group show the same decision. */
  private void assertDecided(boolean commit) throws Exception {
    try (var admin = hub.admin()) {
      for (TopicPartition partition : List.of(ONE, TWO)) {
        Awaitility.await()
            .untilAsserted(() ->
                assertThat(stable(admin, partition))
                    .as("%s: record and marker", partition)
                    .isGreaterThanOrEqualTo(2));
      }
      Awaitility.await()
          .untilAsserted(() -> {
            var offsets = admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get();
            OffsetAndMetadata offset = offsets.get(ONE);
            assertThat(offset == null ? -1 : offset.offset()).isEqualTo(commit ? 7 : -1);
          });
    }
    try (var consumer =
        hub.consumer(Map.of("isolation.level", "read_committed", "group.id", "reader"))) {
      consumer.assign(List.of(ONE, TWO));
      consumer.seekToBeginning(List.of(ONE, TWO));
      var values = new ArrayList<String>();
      // Up to the ends, so that there is nothing more to come.
      Map<TopicPartition, Long> ends = consumer.endOffsets(Set.of(ONE, TWO));
      while (consumer.position(ONE) < ends.getOrDefault(ONE, 0L)
          || consumer.position(TWO) < ends.getOrDefault(TWO, 0L)) {
        consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.topic()));
      }
      if (commit) {
        assertThat(values).containsExactlyInAnyOrder("one", "two");
      } else {
        assertThat(values).isEmpty();
      }
    }
  }

  private static long stable(Admin admin, TopicPartition partition) throws Exception {
    return admin
        .listOffsets(
            Map.of(partition, OffsetSpec.latest()),
            new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
        .partitionResult(partition)
        .get()
        .offset();
  }

  private static String state(Admin admin) throws Exception {
    return admin.listTransactions().all().get().stream()
        .filter(listing -> listing.transactionalId().equals(ID))
        .map(listing -> listing.state().toString())
        .findFirst()
        .orElse("none");
  }
}
