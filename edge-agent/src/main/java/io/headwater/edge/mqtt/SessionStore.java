package io.headwater.edge.mqtt;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogRows;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StateWrite;
import io.headwater.process.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log as connections use it: what they ask for is done on other threads, and told on theirs.
 * Thread-safe.
 */
final class SessionStore implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(SessionStore.class);
  private static final int ROWS_AT_ONCE = 500;
  private static final int BYTES_AT_ONCE = 128 << 10;

  private final EdgeLog log;
  private final ThreadPoolExecutor reader =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(), // each subscriber waits for one before the next
          Threads.factory("edge-mqtt-reader"));

  SessionStore(EdgeLog log) {
    this.log = log;
    reader.prestartCoreThread();
  }

  EdgeLog log() {
    return log;
  }

  /** See {@link StateWrite}. */
  void write(
      List<StateChange> changes,
      @Nullable String load,
      LoopTasks tasks,
      Consumer<StateWrite.Result> then) {
    log.write(new StateWrite(changes, load, result -> tasks.add(() -> then.accept(result))));
  }

  /** Changes that nobody waits for. */
  void write(List<StateChange> changes) {
    log.write(StateWrite.unawaited(changes));
  }

  /** Rows from a seq on; none also if they cannot be read now. */
  void rows(long from, LoopTasks tasks, Consumer<LogRows> then) {
    read(
        () -> log.rows(from, ROWS_AT_ONCE, BYTES_AT_ONCE),
        new LogRows(List.of(), from, 0),
        tasks,
        then);
  }

  /** The rows of these numbers that are still there. */
  void rows(List<Long> seqs, LoopTasks tasks, Consumer<List<LogRow>> then) {
    read(
        () -> {
          var found = new ArrayList<LogRow>();
          for (long seq : seqs) {
            for (LogRow row : log.rows(seq, 1, 1).rows()) {
              if (row.seq() == seq) {
                found.add(row);
              }
            }
          }
          return found;
        },
        List.of(),
        tasks,
        then);
  }

  /** Retained messages behind a topic. */
  void retained(
      String after, String prefix, int most, LoopTasks tasks, Consumer<List<LogRow>> then) {
    read(
        () -> log.retained(after, prefix, Math.min(most, ROWS_AT_ONCE), BYTES_AT_ONCE),
        List.of(),
        tasks,
        then);
  }

  private <T> void read(Supplier<T> what, T otherwise, LoopTasks tasks, Consumer<T> then) {
    try {
      reader.execute(() -> {
        T found;
        try {
          found = what.get();
        } catch (RuntimeException e) {
          LOGGER
              .atWarn()
              .addKeyValue("error", e.getMessage())
              .log("Messages for a subscriber cannot be read");
          found = otherwise;
        }
        T result = found;
        tasks.add(() -> then.accept(result));
      });
    } catch (RejectedExecutionException _) {
      // The listener is closed.
    }
  }

  @Override
  public void close() {
    reader.shutdown();
  }
}
