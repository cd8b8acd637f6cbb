package io.headwater.sim.far;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.reading.Reading;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The verifier on a real hub, with a producer in the place of the path before it. */
@Timeout(120)
class VerifierIT {
  private static final Duration NO_PROGRESS = Duration.ofSeconds(2);

  @TempDir private static Path folder;

  private static ChildProcess hub;
  private static HostPort address;

  private final Ledger ledger = new Ledger();

  @BeforeAll
  static void startHub() {
    hub = Headwater.startHub(folder);
    address = HostPort.parse(hub.awaitReady(Duration.ofSeconds(60)).getOrDefault("kafka", ""));
  }

  @AfterAll
  static void stopHub() {
    hub.close();
  }

  private Verifier verifier(String topic) {
    return Verifier.start(
        Place.Kafka.of(address, topic),
        "sim-v-",
        new Rules(Long.MAX_VALUE, false),
        ledger,
        RunListener.NONE,
        Clock.systemUTC());
  }

  private static KafkaProducer<String, byte[]> producer(Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", address.toString());
    return new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer());
  }

  private Reading acknowledged(long sequence) {
    Ledger.Account account = ledger.account("sim-v-1");
    account.published(sequence, 1);
    account.acknowledged(sequence, 1);
    return new Reading("sim-v-1", sequence, 1, 0, "21.5");
  }

  private static ProducerRecord<String, byte[]> record(String topic, Reading reading, long offset) {
    Header header =
        new RecordHeader("edge.offset", ("9f:s:0:" + offset).getBytes(StandardCharsets.UTF_8));
    return new ProducerRecord<>(topic, null, reading.device(), reading.encode(), List.of(header));
  }

  @Test
  void findsWhatIsMissingAndDoubledAndIgnoresWhatWasThereBefore() {
    String topic = "verify-faults";
    try (var producer = producer(Map.of())) {
      producer.send(record(topic, new Reading("sim-v-1", 1, 1, 0, "21.5"), 1));
      producer.flush();
      try (Verifier verifier = verifier(topic)) {
        for (long sequence = 1; sequence <= 500; sequence++) {
          Reading reading = acknowledged(sequence);
          if (sequence != 100 && sequence != 101) {
            producer.send(record(topic, reading, sequence));
          }
          if (sequence == 250) {
            producer.send(record(topic, reading, sequence));
          }
        }
        producer.flush();
        Verdict verdict = verifier.finish(NO_PROGRESS);
        assertThat(verdict.missing()).as("%s", verdict).containsExactly("sim-v-1 100-101");
        assertThat(verdict.lost()).as("%s", verdict).isEqualTo(2);
        assertThat(verdict.duplicates()).as("%s", verdict).isEqualTo(1);
        assertThat(verdict.arrived().acknowledged()).as("%s", verdict).isEqualTo(498);
        assertThat(verdict.passed()).isFalse();
      }
    }
  }

  @Test
  void readsATopicThatComesIntoBeingLaterAndOnlyWhatIsCommitted() {
    String topic = "verify-transactions";
    try (Verifier verifier = verifier(topic);
        var producer = producer(Map.of("transactional.id", "verify"))) {
      producer.initTransactions();
      producer.beginTransaction();
      for (long sequence = 1; sequence <= 50; sequence++) {
        producer.send(record(topic, acknowledged(sequence), sequence));
      }
      producer.flush();
      producer.abortTransaction();
      producer.beginTransaction();
      for (long sequence = 1; sequence <= 50; sequence++) {
        producer.send(record(topic, new Reading("sim-v-1", sequence, 1, 0, "21.5"), sequence));
      }
      producer.commitTransaction();
      Verdict verdict = verifier.finish(Duration.ofSeconds(10));
      assertThat(verdict.passed()).as("%s", verdict).isTrue();
      assertThat(verdict.arrived().acknowledged()).isEqualTo(50);
    }
  }

  @Test
  void measuresHowLongATransactionThatNobodyEndsHoldsBackAReader() {
    String topic = "verify-stall";
    try (var paused =
            producer(Map.of("transactional.id", "paused", "transaction.timeout.ms", 3000));
        var other = producer(Map.of())) {
      paused.initTransactions();
      other.send(record(topic, new Reading("sim-v-2", 1, 1, 0, "21.5"), 1));
      other.flush();
      try (Verifier verifier = verifier(topic)) {
        for (long sequence = 1; sequence <= 10; sequence++) {
          other.send(record(topic, acknowledged(sequence), sequence));
        }
        other.flush();
        Awaitility.await().atMost(NO_PROGRESS).until(() -> verifier.arrivedCount() == 10);
        assertThat(verifier.longestStall()).isLessThan(Duration.ofSeconds(2));

        paused.beginTransaction();
        // Into every partition, behind none of which a reader comes until the hub has ended it.
        for (int partition = 0; partition < other.partitionsFor(topic).size(); partition++) {
          paused.send(new ProducerRecord<>(topic, partition, "sim-v-none", new byte[1]));
        }
        paused.flush();
        for (long sequence = 11; sequence <= 20; sequence++) {
          other.send(record(topic, acknowledged(sequence), sequence));
        }
        Verdict verdict = verifier.finish(Duration.ofSeconds(30));

        assertThat(verdict.passed()).as("%s", verdict).isTrue();
        assertThat(verifier.longestStall())
            .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(25));
      }
    }
  }

  @Test
  void namesTheAddressWhereNoHubAnswers() {
    assertThatThrownBy(
            () -> Place.Kafka.of(new HostPort("127.0.0.1", 1), "t").open(Clock.systemUTC()))
        .isInstanceOf(UserError.class)
        .hasMessage("no hub answers at 127.0.0.1:1; start it, or name another with --hub");
  }
}
