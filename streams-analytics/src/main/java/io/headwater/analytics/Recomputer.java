package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.Recomputation.Result;
import io.headwater.analytics.ResultRecords.ResultRecord;
import io.headwater.process.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes a query's windows anew for readings that came when these were kept no more, and tells
 * them again with the next revision: a while after the first such reading, or as soon as its
 * gateway has nothing more of then.
 *
 * <p>The query's topology writes such readings down ({@link OverdueWriter}). Here they are consumed
 * in a group of their own, over all instances; the results and how far it has come are one
 * transaction, so each is told once whatever dies when. Windows whose time the source topics hold
 * no more stay as they were told, and are counted as late.
 *
 * <p>All of it in its own thread; others only read what went wrong, and have it stop.
 */
final class Recomputer implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Recomputer.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration IN_ORDER_LIMIT = Duration.ofSeconds(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  /** Of a run's time; so much is waited before the next one. Others want the hub as well. */
  private static final int REST = 4;

  /** History is read through where readings lie closer together than this, or twice a window. */
  private static final long APART_MS = Duration.ofHours(1).toMillis();

  private final Query query;
  private final Windows windows;
  private final String topic;
  private final ClientConfigs.Recompute configs;
  private final Recomputation recomputation;
  private final ResultRecords records;
  private final Backlogs backlogs;
  private final QueryMetrics metrics;
  private final Clock clock;
  private final PendingWindows pending;
  private boolean hasJoined; // its group, in this try
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile String problem = "";
  private volatile long stoppedNanos;

  /**
   * Starts it.
   *
   * @param topic of overdue readings; it may not be there yet
   * @param scratch a folder that only this one uses
   */
  Recomputer(
      Query query,
      String topic,
      ClientConfigs.Recompute configs,
      Path scratch,
      StateMemory memory,
      Backlogs backlogs,
      QueryMetrics metrics,
      Clock clock) {
    this.query = query;
    this.windows = query.windows().orElseThrow();
    this.topic = topic;
    this.configs = configs;
    this.recomputation =
        new Recomputation(
            query, windows, configs.history(), scratch, memory, () -> stop.getCount() == 0);
    this.records = new ResultRecords(query, windows, Gaps.NONE); // the run has marked them
    this.backlogs = backlogs;
    this.metrics = metrics;
    this.clock = clock;
    this.pending = new PendingWindows(windows.kept(), query.recompute().orElseThrow().after());
    this.thread = Threads.start("analytics-recompute-" + query.name(), this::run);
  }

  /** Its consumer group. */
  static String group(String application) {
    return application + "-recompute";
  }

  /** Why late readings are not in the results yet, if something is wrong. */
  Optional<String> problem() {
    return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
  }

  /** Has it end, and does not wait for that. */
  void stop() {
    if (!isStopping()) {
      stoppedNanos = System.nanoTime();
      stop.countDown();
    }
  }

  @Override
  public void close() {
    stop();
    long leftNanos = IN_ORDER_LIMIT.toNanos() - (System.nanoTime() - stoppedNanos);
    try {
      if (!thread.join(Duration.ofNanos(Math.max(0, leftNanos)))) {
        thread.interrupt(); // it may wait for a hub that is away
        thread.join(CLOSE_LIMIT);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isStopping() {
    return stop.getCount() == 0;
  }

  private void run() {
    Duration pause = PAUSE;
    try {
      while (!isStopping()) {
        pending.clear();
        hasJoined = false;
        try (var consumer =
                new KafkaConsumer<>(
                    configs.consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
            var producer =
                new KafkaProducer<>(
                    configs.producer(), new ByteArraySerializer(), new ByteArraySerializer())) {
          follow(consumer, producer);
        } catch (IOException | RuntimeException e) {
          // Also what nobody thought of: otherwise readings would be missing, and nobody told.
          failed(e);
        }
        pause = problem.isEmpty() ? PAUSE : min(pause.multipliedBy(2), LONGEST_PAUSE);
        var _ = stop.await(pause.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void follow(
      KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer)
      throws IOException, InterruptedException {
    // The query's runner makes it.
    while (!consumer.listTopics().containsKey(topic)) {
      if (stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    }
    producer.initTransactions();
    consumer.subscribe(List.of(topic), new ForgetPending());
    long restUntilNanos = System.nanoTime();
    while (!isStopping()) {
      if (pending.windows().size() >= PendingWindows.MOST) {
        consumer.pause(consumer.assignment());
      } else {
        consumer.resume(consumer.paused());
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        pending.add(record, clock.millis(), System.nanoTime());
      }
      long nanos = System.nanoTime();
      if (nanos - restUntilNanos >= 0 && pending.isDue(nanos, backlogs)) {
        recompute(consumer, producer);
        pending.clear();
        long doneNanos = System.nanoTime();
        restUntilNanos = doneNanos + REST * (doneNanos - nanos);
      }
      if (!problem.isEmpty() && pending.windows().isEmpty() && hasReadAll(consumer)) {
        problem = "";
      }
    }
  }

  /** Of the partitions that it has, if it knows by now which these are. */
  private boolean hasReadAll(KafkaConsumer<byte[], byte[]> consumer) {
    return hasJoined
        && consumer.assignment().stream()
            .allMatch(each -> consumer.currentLag(each).orElse(1) == 0);
  }

  /** All partitions are given out anew, and read from what is done. */
  private final class ForgetPending implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      pending.clear();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      hasJoined = true;
    }
  }

  private void recompute(
      KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer)
      throws IOException {
    var found = new ArrayList<ProducerRecord<byte[], byte[]>>();
    for (OverdueWindows part :
        pending.windows().apart(Math.max(APART_MS, 2 * windows.window().spanMs()))) {
      Optional<List<Result>> results = recomputation.run(part);
      if (results.isPresent()) {
        found.addAll(told(part, results.get()));
      } else {
        tooLate(part);
      }
    }
    producer.beginTransaction();
    found.forEach(producer::send);
    producer.sendOffsetsToTransaction(pending.next(), consumer.groupMetadata());
    producer.commitTransaction();
    metrics.recomputed().increment(found.size());
    metrics.results().increment(found.size());
    LOGGER
        .atInfo()
        .addKeyValue("query", query.name())
        .addKeyValue("readings", pending.windows().size())
        .addKeyValue("results", found.size())
        .log("Computed windows anew for readings that came when these were kept no more");
  }

  private void tooLate(OverdueWindows part) {
    metrics.late().increment(part.size());
    LOGGER
        .atWarn()
        .addKeyValue("query", query.name())
        .addKeyValue("readings", part.size())
        .addKeyValue("from", Instant.ofEpochMilli(part.firstMs()))
        .addKeyValue("to", Instant.ofEpochMilli(part.lastMs()))
        .log(
            "Windows of late readings stay as they are: the topic does not hold all readings of"
                + " their time any more");
  }

  private List<ProducerRecord<byte[], byte[]>> told(OverdueWindows part, List<Result> results) {
    OptionalLong fromMs = results.stream().mapToLong(each -> each.window().window().start()).min();
    if (fromMs.isEmpty()) {
      return List.of();
    }
    var told = new ToldResults(query, windows);
    // No result is dated before the start of its window.
    try (var history =
        new TopicHistory(configs.history(), List.of(query.to()), fromMs.getAsLong())) {
      history.forEach(record -> {
        if (told.mayBeOf(record, part)) {
          told.take(record.value());
        }
      });
    }
    var found = new ArrayList<ProducerRecord<byte[], byte[]>>();
    for (Result result : results) {
      Windowed<Bytes> window = result.window();
      if (windows.window() instanceof Window.Session) {
        for (Windowed<Bytes> gone : told.within(window)) {
          found.add(record(gone, records.gone(gone)));
        }
      }
      OptionalInt before = told.revision(window);
      records
          .told(window, result.state(), before.isPresent() ? before.getAsInt() + 1 : 0)
          .ifPresent(each -> found.add(record(window, each)));
    }
    return found;
  }

  private ProducerRecord<byte[], byte[]> record(Windowed<Bytes> window, ResultRecord result) {
    return new ProducerRecord<>(
        query.to(),
        null,
        windows.window().endExclusiveMs(window.window().end()) - 1,
        result.key().get(),
        result.value(),
        result.headers());
  }

  /** A hub that is away is told elsewhere, unless readings wait here. */
  private void failed(Exception failure) {
    if (isStopping() || pending.windows().isEmpty()) {
      LOGGER.atDebug().setCause(failure).log("Overdue readings cannot be looked for now");
      return;
    }
    String text = "late readings are not in its results yet: " + failure;
    if (!text.equals(problem)) {
      problem = text;
      LOGGER
          .atWarn()
          .addKeyValue("query", query.name())
          .addKeyValue("error", failure.toString())
          .log("Windows cannot be computed anew now; it is tried again");
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
