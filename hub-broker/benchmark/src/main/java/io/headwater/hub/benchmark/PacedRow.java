package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Many partitions that each get a few records a second: acknowledgement after the due time. */
record PacedRow(String name, int partitions, int ratePerPartition, int size, List<Target> targets)
    implements Row {
  private static final String TOPIC = "paced";

  @Override
  public void prepare(Installation installation) throws Exception {
    Broker broker = installation.broker();
    Clients.createTopic(broker, TOPIC, partitions, Map.of());
  }

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    Broker broker = installation.broker();
    var took = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(1), 3);
    var failure = new AtomicReference<@Nullable Exception>();
    int rate = partitions * ratePerPartition;
    long records = time.toSeconds() * rate;
    byte[] value = Payloads.random(size)[0];
    double cpu = broker.cpuSeconds();
    double forces = broker.forces();
    try (var producer = Clients.producer(broker, Map.of("linger.ms", 5))) {
      producer.partitionsFor(TOPIC);
      long first = System.nanoTime();
      for (long i = 0; i < records; i++) {
        long due = first + i * 1_000_000_000L / rate;
        while (System.nanoTime() - due < 0) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        producer.send(
            new ProducerRecord<>(TOPIC, (int) (i % partitions), null, value),
            (_, e) -> {
              took.recordValue(System.nanoTime() - due);
              if (e != null) {
                failure.set(e);
              }
            });
      }
    }
    Exception e = failure.get();
    if (e != null) {
      throw e;
    }
    return Figures.of("p50 ms", took.getValueAtPercentile(50) / 1e6)
        .and("p99 ms", took.getValueAtPercentile(99) / 1e6)
        .and("max ms", took.getMaxValue() / 1e6)
        .and("forces/s", (broker.forces() - forces) / time.toSeconds())
        .and("broker CPU", (broker.cpuSeconds() - cpu) / time.toSeconds());
  }
}
