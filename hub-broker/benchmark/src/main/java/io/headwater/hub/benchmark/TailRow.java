package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** One consumer at the end of what one producer sends as fast as it goes. */
record TailRow(String name, int partitions, int size, List<Target> targets) implements Row {
  private static final String TOPIC = "tail";

  @Override
  public void prepare(Installation installation) {}

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    Broker broker = installation.broker();
    String topic = TOPIC + round;
    Clients.createTopic(broker, topic, partitions, Map.of("file.delete.delay.ms", "1000"));
    var all = IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i)).toList();
    var failure = new AtomicReference<@Nullable Exception>();
    try (var consumer = Clients.consumer(broker, Map.of())) {
      consumer.assign(all);
      all.forEach(consumer::position);
      double cpu = broker.cpuSeconds();
      long started = System.nanoTime();
      long end = started + time.toNanos();
      Thread producing =
          Thread.ofPlatform().name("producer").start(() -> produce(broker, topic, end, failure));
      long read = 0;
      while (System.nanoTime() - end < 0) {
        read += consumer.poll(Duration.ofMillis(100)).count();
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      double used = broker.cpuSeconds() - cpu;
      producing.join();
      Exception e = failure.get();
      if (e != null) {
        throw e;
      }
      double bytes = (double) read * size;
      return Figures.of("MB/s", bytes / 1e6 / seconds).and("broker CPU s/GB", used / (bytes / 1e9));
    } finally {
      Clients.deleteTopic(broker, topic);
    }
  }

  private void produce(
      Broker broker, String topic, long end, AtomicReference<@Nullable Exception> failure) {
    byte[][] payloads = Payloads.random(size);
    Map<String, Object> settings = Map.of("linger.ms", 5, "batch.size", 65_536);
    try (var producer = Clients.producer(broker, settings)) {
      for (int i = 0; System.nanoTime() - end < 0; i++) {
        producer.send(
            new ProducerRecord<>(topic, payloads[i % payloads.length]),
            (_, e) -> {
              if (e != null) {
                failure.set(e);
              }
            });
      }
    }
  }
}
