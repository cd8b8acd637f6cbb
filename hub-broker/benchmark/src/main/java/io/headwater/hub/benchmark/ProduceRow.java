package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One producer as fast as it goes; counted is what was acknowledged in the time.
 *
 * @param compression by its Kafka name
 */
record ProduceRow(String name, int partitions, int size, String compression, List<Target> targets)
    implements Row {
  private static final String TOPIC = "produce";

  @Override
  public void prepare(Installation installation) throws Exception {
    createTopic(installation.broker(), 0);
  }

  /**
   * One for each round: retention would come too late for what a round of large messages writes.
   */
  private void createTopic(Broker broker, int round) throws Exception {
    Clients.createTopic(
        broker,
        TOPIC + round,
        partitions,
        Map.of("max.message.bytes", "4000000", "file.delete.delay.ms", "1000"));
  }

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    Broker broker = installation.broker();
    byte[][] payloads =
        compression.equals("none") ? Payloads.random(size) : Payloads.readings(size);
    var settings =
        new HashMap<String, Object>(
            Map.of(
                "linger.ms",
                5,
                "batch.size",
                65_536,
                "compression.type",
                compression,
                "max.request.size",
                4_000_000,
                "buffer.memory",
                67_108_864));
    String topic = TOPIC + round;
    var acknowledged = new AtomicLong();
    var failure = new AtomicReference<@Nullable Exception>();
    try (var producer = Clients.producer(broker, settings)) {
      producer.partitionsFor(topic);
      double cpu = broker.cpuSeconds();
      long started = System.nanoTime();
      long end = started + time.toNanos();
      for (int i = 0; System.nanoTime() - end < 0; i++) {
        byte[] value = payloads[i % payloads.length];
        producer.send(
            new ProducerRecord<>(topic, value),
            (_, e) -> {
              if (e == null) {
                acknowledged.incrementAndGet();
              } else {
                failure.set(e);
              }
            });
      }
      long counted = acknowledged.get();
      double seconds = (System.nanoTime() - started) / 1e9;
      double used = broker.cpuSeconds() - cpu;
      double resident = broker.residentMegabytes();
      double anonymous = broker.anonymousMegabytes();
      Exception e = failure.get();
      if (e != null) {
        throw e;
      }
      double bytes = (double) counted * size;
      return Figures.of("MB/s", bytes / 1e6 / seconds)
          .and("broker CPU s/GB", used / (bytes / 1e9))
          .and("resident MB", resident)
          .and("anonymous MB", anonymous);
    } finally {
      Clients.deleteTopic(broker, topic);
      createTopic(broker, round + 1);
    }
  }
}
