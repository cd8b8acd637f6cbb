package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * From the call of send to the record in a consumer's hands, at a steady rate.
 *
 * <p>Counted from when a record was due, so that a stall shows with all that it held up.
 */
record LatencyRow(String name, int partitions, int rate, int size, List<Target> targets)
    implements Row {
  private static final String TOPIC = "latency";

  @Override
  public void prepare(Installation installation) throws Exception {
    Broker broker = installation.broker();
    Clients.createTopic(broker, TOPIC, partitions, Map.of());
  }

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    Broker broker = installation.broker();
    var all = IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(TOPIC, i)).toList();
    var took = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    int records = (int) (time.toSeconds() * rate);
    try (var producer = Clients.producer(broker, Map.of("linger.ms", 0));
        var consumer = Clients.consumer(broker, Map.of("auto.offset.reset", "latest"))) {
      consumer.assign(all);
      consumer.seekToEnd(all);
      all.forEach(consumer::position);
      producer.partitionsFor(TOPIC);
      long first = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
      Thread sender =
          Thread.ofPlatform()
              .name("sender")
              .start(() -> {
                for (int i = 0; i < records; i++) {
                  long due = first + i * 1_000_000_000L / rate;
                  while (System.nanoTime() - due < 0) {
                    LockSupport.parkNanos(due - System.nanoTime());
                  }
                  byte[] value = ByteBuffer.allocate(size).putLong(due).array();
                  producer.send(new ProducerRecord<>(TOPIC, i % partitions, null, value));
                }
              });
      long limit = first + time.toNanos() + TimeUnit.SECONDS.toNanos(30);
      for (int left = records; left > 0; ) {
        if (System.nanoTime() - limit > 0) {
          throw new IllegalStateException(left + " of " + records + " records did not arrive");
        }
        for (var record : consumer.poll(Duration.ofMillis(500))) {
          took.recordValue(System.nanoTime() - ByteBuffer.wrap(record.value()).getLong());
          left--;
        }
      }
      sender.join();
    }
    return Figures.of("p50 ms", took.getValueAtPercentile(50) / 1e6)
        .and("p99 ms", took.getValueAtPercentile(99) / 1e6)
        .and("p99.9 ms", took.getValueAtPercentile(99.9) / 1e6);
  }
}
