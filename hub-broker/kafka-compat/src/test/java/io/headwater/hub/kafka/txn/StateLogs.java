package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;

/**
 * Logs as one coordinator sees them: it may be long until it hears that its steps are durable, its
 * reading may be slow, and the logs of records may refuse it. Thread-safe.
 */
final class StateLogs {
  private static final CompletableFuture<Void> NOW = CompletableFuture.completedFuture(null);

  private final AtomicReference<CompletableFuture<Void>> heard = new AtomicReference<>(NOW);
  private final AtomicReference<CountDownLatch> reading =
      new AtomicReference<>(new CountDownLatch(0));
  private final AtomicInteger unreadable = new AtomicInteger();
  private volatile boolean refusing;

  private final LogEngine engine;
  private final LogEngine seen;

  StateLogs(LogEngine engine) {
    this.engine = engine;
    this.seen =
        (LogEngine)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {LogEngine.class},
                (_, method, arguments) -> onEngine(method, arguments));
  }

  LogEngine engine() {
    return seen;
  }

  /** From now on nobody hears that a step is durable. */
  void hold() {
    heard.set(new CompletableFuture<>());
  }

  void release() {
    heard.getAndSet(NOW).complete(null);
  }

  /** From now on reading takes until {@link #read}. */
  void holdReading() {
    reading.set(new CountDownLatch(1));
  }

  void read() {
    reading.get().countDown();
  }

  /** The next reads fail, as those of ledgers do while nobody answers. */
  void failReading(int times) {
    unreadable.set(times);
  }

  /** Whether logs of records take nothing from now on. */
  void refuseMarkers(boolean refuse) {
    refusing = refuse;
  }

  private @Nullable Object onEngine(Method method, @Nullable Object[] arguments) throws Throwable {
    Object found = invoke(engine, method, arguments);
    return switch (found) {
      case Optional<?> optional
          when optional.isPresent() && optional.get() instanceof PartitionLog log ->
          Optional.of(wrapped(log));
      case PartitionLog log -> wrapped(log);
      case null, default -> found;
    };
  }

  private PartitionLog wrapped(PartitionLog log) {
    return (PartitionLog)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {PartitionLog.class},
            (_, method, arguments) -> onLog(log, method, arguments));
  }

  private @Nullable Object onLog(PartitionLog log, Method method, @Nullable Object[] arguments)
      throws Throwable {
    TopicPartition partition = log.topicPartition();
    boolean state = partition.topic().equals(Topic.TRANSACTION_STATE_TOPIC_NAME);
    if (method.getName().equals("append") && !state && refusing) {
      throw new NotLeaderOrFollowerException(partition + " takes nothing now");
    }
    if (method.getName().equals("read") && state) {
      reading.get().await();
      if (unreadable.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new KafkaStorageException(partition + " could not be read within 10 s");
      }
    }
    Object result = invoke(log, method, arguments);
    if (result instanceof Appended appended && state) {
      CompletableFuture<Void> gate = heard.get();
      return new Appended(
          appended.firstOffset(),
          appended.lastOffset(),
          appended.logAppendTimeMs(),
          appended.logStartOffset(),
          appended.duplicate(),
          appended.durable().thenCompose(_ -> gate));
    }
    return result;
  }

  private static @Nullable Object invoke(Object target, Method method, @Nullable Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
