package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.uplink.RejectReason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers of a hub that a real one gives only to batches of records of which some are bad. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class TransactionWriterTest {
  /** Fails all records at the flush, each with its own failure. */
  private static final class Refusing extends MockProducer<byte[], byte[]> {
    private final List<RuntimeException> failures;

    Refusing(List<RuntimeException> failures) {
      super(false, null, new ByteArraySerializer(), new ByteArraySerializer());
      this.failures = failures;
    }

    @Override
    public synchronized void flush() {
      failures.forEach(this::errorNext);
    }
  }

  private static void write(List<RuntimeException> failures) {
    var producer = new Refusing(failures);
    producer.initTransactions();
    var record = new ProducerRecord<byte[], byte[]>("topic", new byte[1]);
    try (var writer =
        new TransactionWriter(
            producer, new MockConsumer<>("none"), new BridgeMetrics(new SimpleMeterRegistry()))) {
      writer.write(failures.stream().map(_ -> record).toList(), Set.of(1));
    }
  }

  /** Kafka says of the good ones of a batch only that the batch was not taken. */
  @Test
  void recordThatIsRefusedIsFoundBehindGoodOnes() {
    var wholeBatch = new KafkaException("it was part of a batch which had one more more invalid");
    var bad = new InvalidRecordException("no key");

    for (List<RuntimeException> failures :
        List.of(
            List.<RuntimeException>of(wholeBatch, bad, wholeBatch),
            List.<RuntimeException>of(bad, wholeBatch))) {
      assertThatThrownBy(() -> write(failures))
          .isInstanceOfSatisfying(
              RefusedRecordException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RejectReason.POISON))
          .hasMessage("no key");
    }
    assertThatThrownBy(() -> write(List.of(wholeBatch)))
        .isInstanceOf(KafkaException.class)
        .isNotInstanceOf(RefusedRecordException.class);
  }
}
