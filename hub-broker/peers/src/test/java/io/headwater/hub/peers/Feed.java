package io.headwater.hub.peers;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Readings of many devices, some hundred a second, until it is stopped. */
final class Feed implements AutoCloseable {
  private static final int DEVICES = 40;
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final KafkaProducer<String, String> producer;
  private final String topic;

  /** How many each device has sent; of the executor's thread until that has ended. */
  private final Map<String, Long> sent = new HashMap<>();

  private int next;

  Feed(String hub, String topic) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", hub), new StringSerializer(), new StringSerializer());
    this.topic = topic;
  }

  void start() {
    var _ =
        executor.scheduleAtFixedRate(this::sendSome, 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void sendSome() {
    for (int i = 0; i < DEVICES / 4; i++) {
      String device = "device-" + next++ % DEVICES;
      producer.send(new ProducerRecord<>(topic, device, Integer.toString(next)));
      sent.merge(device, 1L, Long::sum);
    }
  }

  /** Sends no more, and returns how many readings of each device the hub has. */
  Map<String, Long> stop() throws InterruptedException {
    executor.shutdown();
    if (!executor.awaitTermination(30, TimeUnit.SECONDS)) {
      throw new AssertionError("the feed does not end");
    }
    producer.flush();
    return new HashMap<>(sent);
  }

  @Override
  public void close() {
    executor.shutdownNow();
    producer.close();
  }
}
