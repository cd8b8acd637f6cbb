package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Many consumers at once: half of them read one partition each on their own, half are in groups of
 * ten; all get what a producer sends at a steady rate. Then the broker is stopped and started, and
 * all must have received a record sent after that.
 */
record ConsumersRow(String name, int alone, int groups, int rate, List<Target> targets)
    implements Row {
  private static final String TOPIC = "shared";
  private static final int PARTITIONS = 20;
  private static final int PER_GROUP = 10;

  /** One consumer on its own thread. */
  private static final class Member implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final ConcurrentHistogram took;
    private final AtomicLong delivered;
    private final Thread thread;

    /** When the last record that arrived had been due. */
    private volatile long lastDue;

    private volatile boolean ending;

    Member(KafkaConsumer<byte[], byte[]> consumer, ConcurrentHistogram took, AtomicLong delivered) {
      this.consumer = consumer;
      this.took = took;
      this.delivered = delivered;
      this.thread = Thread.ofPlatform().name("member").stackSize(256 << 10).start(this::run);
    }

    private void run() {
      try (consumer) {
        while (!ending) {
          for (var record : consumer.poll(Duration.ofSeconds(1))) {
            long due = ByteBuffer.wrap(record.value()).getLong();
            took.recordValue(Math.max(0, System.nanoTime() - due));
            delivered.incrementAndGet();
            lastDue = due;
          }
        }
      } catch (WakeupException _) {
        // The end.
      }
    }

    boolean hasReceivedSince(long due) {
      return lastDue - due >= 0 && lastDue != 0;
    }

    @Override
    public void close() {
      ending = true;
      consumer.wakeup();
    }

    void join() throws InterruptedException {
      thread.join();
    }
  }

  /** Sends at the rate until it is closed; what the broker refuses meanwhile is tried again. */
  private static final class Sender implements AutoCloseable {
    private final Broker broker;
    private final int rate;
    private final Thread thread;
    private volatile boolean ending;

    Sender(Broker broker, int rate) {
      this.broker = broker;
      this.rate = rate;
      this.thread = Thread.ofPlatform().name("sender").start(this::run);
    }

    private void run() {
      try (var producer = Clients.producer(broker, Map.of("linger.ms", 0))) {
        long first = System.nanoTime();
        for (long i = 0; !ending; i++) {
          long due = first + i * 1_000_000_000L / rate;
          while (System.nanoTime() - due < 0) {
            LockSupport.parkNanos(due - System.nanoTime());
          }
          byte[] value = ByteBuffer.allocate(100).putLong(due).array();
          producer.send(new ProducerRecord<>(TOPIC, (int) (i % PARTITIONS), null, value));
        }
      }
    }

    @Override
    public void close() {
      ending = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted before the sender had ended", e);
      }
    }
  }

  @Override
  public void prepare(Installation installation) throws Exception {
    Clients.createTopic(installation.broker(), TOPIC, PARTITIONS, Map.of());
  }

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    var took = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(10), 3);
    var delivered = new AtomicLong();
    var members = new ArrayList<Member>();
    installation.stop(); // what the last round has left behind is not this one's
    installation.start();
    double before = installation.broker().residentMegabytes();
    try (var _ = new Sender(installation.broker(), rate)) {
      start(installation.broker(), members, took, delivered);
      double joined = awaitAll(members, System.nanoTime());
      // What the joining cost is not what serving costs.
      TimeUnit.SECONDS.sleep(5);
      took.reset();
      delivered.set(0);
      double cpu = installation.broker().cpuSeconds();
      TimeUnit.NANOSECONDS.sleep(time.toNanos());
      double p50 = took.getValueAtPercentile(50) / 1e6;
      double p99 = took.getValueAtPercentile(99) / 1e6;
      double perSecond = delivered.get() / (double) time.toSeconds();
      double used = (installation.broker().cpuSeconds() - cpu) / time.toSeconds();
      double resident = installation.broker().residentMegabytes();
      installation.stop();
      installation.start();
      double back = awaitAll(members, System.nanoTime());
      return Figures.of("p50 ms", p50)
          .and("p99 ms", p99)
          .and("deliveries/s", perSecond)
          .and("broker CPU", used)
          .and("resident MB", resident)
          .and("more resident MB", resident - before)
          .and("all joined s", joined)
          .and("all back after a restart s", back);
    } finally {
      members.forEach(Member::close);
      for (Member member : members) {
        member.join();
      }
    }
  }

  private void start(
      Broker broker, List<Member> members, ConcurrentHistogram took, AtomicLong delivered) {
    Map<String, Object> common =
        Map.of("auto.offset.reset", "latest", "receive.buffer.bytes", 16_384);
    for (int i = 0; i < alone; i++) {
      var consumer = Clients.consumer(broker, common);
      consumer.assign(List.of(new TopicPartition(TOPIC, i % PARTITIONS)));
      members.add(new Member(consumer, took, delivered));
    }
    for (int i = 0; i < groups * PER_GROUP; i++) {
      var settings = new java.util.HashMap<>(common);
      settings.put("group.id", "group-" + i / PER_GROUP);
      settings.put("enable.auto.commit", "true");
      var consumer = Clients.consumer(broker, settings);
      consumer.subscribe(List.of(TOPIC));
      members.add(new Member(consumer, took, delivered));
    }
  }

  /** Waits until each has received something that was due after the given time. */
  private static double awaitAll(List<Member> members, long since) throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!members.stream().allMatch(member -> member.hasReceivedSince(since))) {
      if (System.nanoTime() - limit > 0) {
        long missing = members.stream().filter(member -> !member.hasReceivedSince(since)).count();
        throw new IllegalStateException(
            missing + " of " + members.size() + " consumers received nothing for 3 minutes");
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return (System.nanoTime() - since) / 1e9;
  }
}
