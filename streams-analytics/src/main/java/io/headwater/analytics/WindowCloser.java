package io.headwater.analytics;

import io.headwater.analytics.Windows.Emit;
import io.headwater.analytics.aggregate.WindowState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Tells each window once, when it is closed; and again, with the next revision, after late readings
 * have changed it: some time later, or once the gateways that sent them have nothing more of then.
 * What is kept no more by then is left to {@link Recomputer}.
 *
 * <p>Streams' own {@code emitStrategy} waits for a later reading, which on a quiet partition may
 * never come. Here a partition is quiet when nothing has come for {@code idle} by the clock, and
 * its time then goes on by the clock, {@code idle} behind it: so a window closes at its end + grace
 * + idle at the latest. While readings come, be they days old, only they move time, so history is
 * computed as it would have been live.
 *
 * <p>A window's state is kept here a second time: Streams' own goes on taking readings for a window
 * that the clock has closed.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class WindowCloser
    implements Processor<Windowed<Bytes>, WindowState, Windowed<Bytes>, WindowState> {
  /** Header with the revision (4 bytes) of a window that is told again. */
  static final String REVISION = "revision";

  /** The child that tells of a window. */
  static final String TELL = "tell";

  /** The child that has a window computed anew. */
  static final String RECOMPUTE = "recompute";

  private static final Duration TICK = Duration.ofMillis(200);
  private static final Duration FORGET_EVERY = Duration.ofMinutes(1);

  private final Windows windows;
  private final Window window;
  private final long idleMs;
  private final Backlogs backlogs;

  /** What sent late readings, and when last by the clock; not known any more after a restart. */
  private final Map<String, Long> latecomers = new HashMap<>();

  private @Nullable ProcessorContext<Windowed<Bytes>, WindowState> context;
  private @Nullable ClosingStore closing;
  private long reachedMs;
  private long nextMs = Long.MIN_VALUE; // not later than the next window closes
  private long lastStreamTimeMs;
  private long lastActiveMs; // by the clock
  private long nextAgainMs; // by the clock; not later than the next window is to be told again
  private long lastForgotMs; // by the clock

  WindowCloser(Windows windows, Emit.Final emit, Backlogs backlogs) {
    this.windows = windows;
    this.window = windows.window();
    this.idleMs = emit.idle().toMillis();
    this.backlogs = backlogs;
  }

  @Override
  public void init(ProcessorContext<Windowed<Bytes>, WindowState> taskContext) {
    context = taskContext;
    closing = new ClosingStore(taskContext.getStateStore(QueryTopology.CLOSING));
    reachedMs = closing.reachedMs();
    lastStreamTimeMs = taskContext.currentStreamTimeMs();
    lastActiveMs = taskContext.currentSystemTimeMs();
    // Streams begins with the same object anew when a transaction has failed: the store is older.
    nextMs = Long.MIN_VALUE;
    nextAgainMs = 0;
    lastForgotMs = 0;
    latecomers.clear();
    var _ = taskContext.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first; a session that is gone is null
  public void process(Record<Windowed<Bytes>, WindowState> record) {
    lastActiveMs = context.currentSystemTimeMs();
    lastStreamTimeMs = context.currentStreamTimeMs();
    // First: the reading may have changed windows that its own time closes.
    close(lastStreamTimeMs);
    long closesAtMs = window.closesAtMs(record.key().window().end());
    if (closesAtMs <= reachedMs) {
      changeTold(record);
    } else if (record.value() == null) {
      closing.remove(closesAtMs, record.key());
    } else {
      nextMs = Math.min(nextMs, closesAtMs);
      closing.put(closesAtMs, record.key(), record.value().encode());
    }
  }

  /** What has been told before is told again a little later, or taken back at once. */
  @SuppressWarnings("NullAway") // as above
  private void changeTold(Record<Windowed<Bytes>, WindowState> record) {
    if (windows.amending().isEmpty()) {
      return;
    }
    if (record.value() == null) {
      closing.removeAgain(record.key());
      context.forward(record, TELL);
      return;
    }
    long dueMs = lastActiveMs + windows.amending().get().after().toMillis();
    closing.putAgain(dueMs, record.key(), record.value().encode());
    nextAgainMs = Math.min(nextAgainMs, dueMs);
    latecomers.put(Backlogs.gateway(record.headers()).orElse(""), lastActiveMs);
  }

  @SuppressWarnings("NullAway") // Streams calls init first
  private void tick(long nowMs) {
    long streamTimeMs = context.currentStreamTimeMs();
    if (streamTimeMs != lastStreamTimeMs) {
      // Readings come, though none of them for a window.
      lastStreamTimeMs = streamTimeMs;
      lastActiveMs = nowMs;
    }
    close(streamTimeMs);
    if (nowMs - lastActiveMs >= idleMs) {
      closeQuiet(nowMs - idleMs);
    }
    if (windows.amending().isPresent()) {
      tellAgain(nowMs);
    }
  }

  @SuppressWarnings("NullAway") // Streams calls init first
  private void tellAgain(long nowMs) {
    boolean isAllThere =
        !latecomers.isEmpty()
            && latecomers.entrySet().stream()
                .allMatch(each -> backlogs.settledSince(each.getKey(), each.getValue()));
    if (isAllThere || nowMs >= nextAgainMs) {
      nextAgainMs = closing.takeAgain(isAllThere ? Long.MAX_VALUE : nowMs, this::tellAgain);
      if (nextAgainMs == Long.MAX_VALUE) {
        latecomers.clear();
      }
    }
    if (nowMs - lastForgotMs >= FORGET_EVERY.toMillis()) {
      lastForgotMs = nowMs;
      Window kept = windows.kept();
      closing.forgetBefore(lastStreamTimeMs - kept.grace().toMillis() - 2 * kept.spanMs());
    }
  }

  @SuppressWarnings("NullAway") // Streams calls init first
  private void tellAgain(ClosingStore.Waiting waiting, int revision) {
    Record<Windowed<Bytes>, WindowState> again = record(waiting);
    if (isForRecomputer(waiting)) {
      context.forward(again, RECOMPUTE);
    } else {
      byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(revision).array();
      context.forward(again.withHeaders(new RecordHeaders().add(REVISION, number)), TELL);
    }
  }

  /**
   * Whether nobody but {@link Recomputer} may tell of a window once more: one that is kept no more
   * by now may be computed anew at the same time, and what is told here could come last.
   */
  @SuppressWarnings("NullAway") // Streams calls init first
  private boolean isForRecomputer(ClosingStore.Waiting waiting) {
    return windows.kept().closesAtMs(waiting.endMs()) <= context.currentStreamTimeMs()
        || isJoined(waiting);
  }

  /** Whether it is a session that may have begun long before what is kept of it. */
  @SuppressWarnings("NullAway") // as above
  private boolean isJoined(ClosingStore.Waiting waiting) {
    return windows.amending().isPresent()
        && window instanceof Window.Session(var gap, _)
        && closing.isOverdueFrom(waiting.key(), waiting.startMs() - gap.toMillis());
  }

  private Record<Windowed<Bytes>, WindowState> record(ClosingStore.Waiting waiting) {
    return new Record<>(
        waiting.window(window),
        WindowState.decode(waiting.state()),
        window.endExclusiveMs(waiting.endMs()) - 1);
  }

  @SuppressWarnings("NullAway") // Streams calls init first
  private void close(long timeMs) {
    if (timeMs > reachedMs) {
      reachedMs = timeMs;
      closing.reach(timeMs);
      tell(timeMs);
    }
  }

  /**
   * Time goes on to what was closed, not to the clock: readings that are still on their way, days
   * old after an outage of the hub, may be the first of their windows.
   */
  @SuppressWarnings("NullAway") // Streams calls init first
  private void closeQuiet(long timeMs) {
    long lastMs = tell(timeMs);
    if (lastMs > reachedMs) {
      reachedMs = lastMs;
      closing.reach(lastMs);
    }
  }

  /** Returns when the last of them closed. */
  @SuppressWarnings("NullAway") // Streams calls init first
  private long tell(long timeMs) {
    if (timeMs < nextMs) {
      return Long.MIN_VALUE;
    }
    var last = new AtomicLong(Long.MIN_VALUE);
    nextMs =
        closing.take(
            timeMs,
            waiting -> {
              last.set(waiting.closesAtMs());
              context.forward(record(waiting), isJoined(waiting) ? RECOMPUTE : TELL);
            });
    return last.get();
  }
}
