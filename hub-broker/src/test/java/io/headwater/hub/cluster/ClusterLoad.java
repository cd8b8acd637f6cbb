package io.headwater.hub.cluster;

import io.headwater.hub.cluster.History.End;
import io.headwater.hub.cluster.History.Read;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * An idempotent producer, a transactional one, and two groups that commit what they have read, each
 * a thread of its own; all they are told goes into a {@link History}.
 */
final class ClusterLoad implements AutoCloseable {
  static final String PLAIN = "plain";
  static final String ATOMIC = "atomic";

  /** Partitions that each transaction writes. */
  static final int PARTS = 3;

  private static final Duration DELIVERY = Duration.ofSeconds(90);

  private final HubNodes nodes;
  private final History history;
  private final int partitions;
  private final int perSecond;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> tasks = new ArrayList<>();
  private volatile boolean over;

  private ClusterLoad(HubNodes nodes, History history, int partitions, int perSecond) {
    this.nodes = nodes;
    this.history = history;
    this.partitions = partitions;
    this.perSecond = perSecond;
  }

  /**
   * Makes the topics and begins.
   *
   * @param perSecond records of the plain topic
   */
  static ClusterLoad start(HubNodes nodes, History history, int partitions, int perSecond)
      throws Exception {
    try (Admin admin = nodes.admin()) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(PLAIN, partitions, (short) 3),
                  new NewTopic(ATOMIC, PARTS, (short) 3)))
          .all()
          .get(60, TimeUnit.SECONDS);
    }
    var load = new ClusterLoad(nodes, history, partitions, perSecond);
    load.run(load::produce);
    load.run(load::transact);
    load.run(() -> load.consume("group-a"));
    load.run(() -> load.consume("group-b"));
    return load;
  }

  private void run(Runnable task) {
    tasks.add(threads.submit(task));
  }

  private Map<String, Object> config(Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", nodes.bootstrap());
    config.putIfAbsent("request.timeout.ms", 5_000);
    // As docs/operations.md advises: while a client connects to a machine that is gone, for up to
    // 30 s by default, it asks no other for the leaders.
    config.put("socket.connection.setup.timeout.ms", 2_000);
    config.put("socket.connection.setup.timeout.max.ms", 4_000);
    return config;
  }

  private KafkaProducer<String, String> producer(Map<String, Object> more) {
    var config = config(more);
    config.put("delivery.timeout.ms", Math.toIntExact(DELIVERY.toMillis()));
    config.put("max.block.ms", DELIVERY.toMillis());
    config.put("linger.ms", 5);
    config.put("acks", "all");
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  private void produce() {
    long interval = 1_000_000_000L * partitions / perSecond;
    try (var producer = producer(Map.of())) {
      long next = System.nanoTime();
      for (long sequence = 0; !over; sequence++) {
        for (int i = 0; i < partitions; i++) {
          var partition = new TopicPartition(PLAIN, i);
          String value = i + "-" + sequence;
          producer.send(
              new ProducerRecord<>(PLAIN, i, null, value),
              (metadata, failure) -> {
                if (failure == null) {
                  history.acknowledged(partition, metadata.offset(), value);
                } else {
                  history.violated("not delivered to " + partition + ": " + failure);
                }
              });
        }
        next += interval;
        long ahead = next - System.nanoTime();
        if (ahead > 0) {
          LockSupport.parkNanos(ahead);
        }
      }
    }
  }

  private void transact() {
    int next = 0;
    while (!over) {
      try (var producer = producer(Map.of("transactional.id", "mover"))) {
        producer.initTransactions();
        while (!over) {
          next++;
          if (!transact(producer, "t" + next, next % 4 == 0)) {
            break;
          }
          LockSupport.parkNanos(20_000_000);
        }
      } catch (KafkaException e) {
        // The next producer begins where this one ended.
      }
    }
  }

  /** Whether the producer can go on. */
  private boolean transact(KafkaProducer<String, String> producer, String id, boolean aborts) {
    history.ended(id, End.UNKNOWN);
    try {
      producer.beginTransaction();
      for (int part = 0; part < PARTS; part++) {
        producer.send(new ProducerRecord<>(ATOMIC, part, null, id + "-" + part));
      }
      if (aborts) {
        producer.abortTransaction();
        history.ended(id, End.ABORTED);
      } else {
        producer.commitTransaction();
        history.ended(id, End.COMMITTED);
      }
      history.success("transactions");
      return true;
    } catch (ProducerFencedException e) {
      history.violated("fenced in " + id + " although nobody else has its id: " + e);
      return false;
    } catch (KafkaException e) {
      return false;
    }
  }

  private void consume(String group) {
    while (!over) {
      try (var consumer =
          new KafkaConsumer<>(
              config(
                  Map.of(
                      "group.id",
                      group,
                      "group.instance.id",
                      group + "-1",
                      "auto.offset.reset",
                      "earliest",
                      "enable.auto.commit",
                      false,
                      "default.api.timeout.ms",
                      20_000)),
              new StringDeserializer(),
              new StringDeserializer())) {
        consumer.subscribe(List.of(PLAIN));
        while (!over) {
          if (consumer.poll(Duration.ofMillis(100)).isEmpty()) {
            continue;
          }
          consumer.commitSync();
          history.success(group);
          consumer
              .committed(consumer.assignment())
              .forEach((partition, offset) -> {
                if (offset != null) {
                  history.committed(
                      new TopicPartition(group + "/" + partition.topic(), partition.partition()),
                      offset.offset());
                }
              });
        }
      } catch (WakeupException e) {
        return;
      } catch (KafkaException e) {
        // Rebalances and time-outs are what this is about; the next consumer goes on.
      }
    }
  }

  /** Ends the load; what was sent has been answered then. */
  void finish() throws InterruptedException, ExecutionException {
    over = true;
    for (Future<?> task : tasks) {
      task.get();
    }
  }

  /** Everything in a topic, as somebody reads it who comes new. */
  List<Read> readAll(String topic, boolean committedOnly) {
    var read = new ArrayList<Read>();
    try (var consumer =
        new KafkaConsumer<>(
            config(
                Map.of(
                    "isolation.level",
                    committedOnly ? "read_committed" : "read_uncommitted",
                    "default.api.timeout.ms",
                    60_000)),
            new StringDeserializer(),
            new StringDeserializer())) {
      List<TopicPartition> all =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      long limit = System.nanoTime() + Duration.ofSeconds(90).toNanos();
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        if (System.nanoTime() - limit > 0) {
          throw new AssertionError("not read to its end: " + topic + " of " + ends);
        }
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(record ->
                read.add(
                    new Read(
                        new TopicPartition(topic, record.partition()),
                        record.offset(),
                        record.value())));
      }
    }
    return read;
  }

  @Override
  public void close() {
    over = true;
    threads.shutdownNow();
  }
}
