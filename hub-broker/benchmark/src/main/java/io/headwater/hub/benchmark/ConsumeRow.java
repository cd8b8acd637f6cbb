package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** One consumer reads a topic that the page cache holds, over and over. */
record ConsumeRow(String name, int partitions, int size, long bytes, List<Target> targets)
    implements Row {
  private static final String TOPIC = "consume";

  @Override
  public void prepare(Installation installation) throws Exception {
    Broker broker = installation.broker();
    Clients.createTopic(broker, TOPIC, partitions, Map.of());
    byte[][] payloads = Payloads.random(size);
    Map<String, Object> settings = Map.of("linger.ms", 5, "batch.size", 65_536);
    try (var producer = Clients.producer(broker, settings)) {
      for (int i = 0; (long) i * size < bytes; i++) {
        producer.send(new ProducerRecord<>(TOPIC, payloads[i % payloads.length]));
      }
    }
  }

  @Override
  public Figures measure(Installation installation, int round, Duration time) {
    Broker broker = installation.broker();
    var all = IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(TOPIC, i)).toList();
    try (var consumer = Clients.consumer(broker, Map.of())) {
      consumer.assign(all);
      long records = consumer.endOffsets(all).values().stream().mapToLong(end -> end).sum();
      double cpu = broker.cpuSeconds();
      long started = System.nanoTime();
      long end = started + time.toNanos();
      long read = 0;
      while (System.nanoTime() - end < 0) {
        consumer.seekToBeginning(all);
        for (long left = records; left > 0 && System.nanoTime() - end < 0; ) {
          int found = consumer.poll(Duration.ofMillis(500)).count();
          left -= found;
          read += found;
        }
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      double used = broker.cpuSeconds() - cpu;
      double done = (double) read * size;
      return Figures.of("MB/s", done / 1e6 / seconds).and("broker CPU s/GB", used / (done / 1e9));
    }
  }
}
