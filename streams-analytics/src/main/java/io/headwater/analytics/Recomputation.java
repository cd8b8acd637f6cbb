package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.api.EventTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * Computes windows anew that are kept no more, as {@code headwater analytics run} would: out of all
 * readings that the topics hold of their keys and their time.
 */
final class Recomputation {
  /** A window, and what it holds now. */
  record Result(Windowed<Bytes> window, WindowState state) {}

  private static final long WIDEN = 4;

  /** Where a session may begin or end is looked for this far at first, in gaps. */
  private static final long GAPS = 10;

  private final Query query;
  private final Windows windows;
  private final Map<String, Object> reading;
  private final Path scratch;
  private final StateMemory memory;
  private final BooleanSupplier stopping;

  /**
   * @param reading a consumer's configuration, without a group
   * @param scratch a folder that only this one uses
   */
  Recomputation(
      Query query,
      Windows windows,
      Map<String, Object> reading,
      Path scratch,
      StateMemory memory,
      BooleanSupplier stopping) {
    this.query = query;
    this.windows = windows;
    this.reading = reading;
    this.scratch = scratch;
    this.memory = memory;
    this.stopping = stopping;
  }

  /**
   * Computes them.
   *
   * @return empty if the topics do not hold all of their time any more
   * @throws CancellationException if the process stops meanwhile
   */
  Optional<List<Result>> run(OverdueWindows wanted) throws IOException {
    if (!(windows.window() instanceof Window.Session(var gap, _))) {
      // The windows of the first reading have readings before it, those of the last after it; and
      // a sliding window is made by one that may be as far before it again.
      long reachMs = 2 * windows.window().spanMs();
      return run(wanted, wanted.firstMs() - reachMs, wanted.lastMs() + reachMs);
    }
    long gapMs = gap.toMillis();
    for (long reachMs = GAPS * gapMs; ; reachMs *= WIDEN) {
      long fromMs = Math.max(0, wanted.firstMs() - reachMs);
      long toMs = Math.min(Times.FOREVER, wanted.lastMs() + reachMs);
      Optional<List<Result>> found = run(wanted, fromMs, toMs);
      boolean isWhole =
          found.isEmpty()
              || found.get().stream()
                  .map(each -> each.window().window())
                  .allMatch(session ->
                      (fromMs == 0 || session.start() - gapMs > fromMs)
                          && (toMs == Times.FOREVER || session.end() + gapMs < toMs));
      if (isWhole) {
        return found;
      }
    }
  }

  private Optional<List<Result>> run(OverdueWindows wanted, long fromMs, long toMs)
      throws IOException {
    var results = new ArrayList<Result>();
    QueryMetrics metrics = new AnalyticsMetrics(new SimpleMeterRegistry()).forQuery(query.name());
    try (var folder = ScratchFolder.at(scratch);
        var run =
            new BatchRun(
                query,
                wanted,
                metrics,
                folder.path(),
                memory,
                new BatchRun.Results() {
                  @Override
                  public void answer(long timeMs, byte[] value) {
                    throw new IllegalStateException(query.name() + " has windows");
                  }

                  @Override
                  public void window(Windowed<Bytes> window, WindowState state) {
                    results.add(new Result(window, state));
                  }
                })) {
      long marginMs = query.source().join().map(join -> join.within().toMillis()).orElse(0L);
      boolean isWhole =
          new RunInput(query, reading)
              .feed(
                  run,
                  Math.max(0, fromMs - marginMs - EventTime.MAX_AHEAD_MS),
                  true,
                  record -> {
                    if (stopping.getAsBoolean()) {
                      throw new CancellationException("the process stops");
                    }
                    return mayCount(record, wanted, fromMs - marginMs, toMs + marginMs);
                  });
      if (!isWhole) {
        return Optional.empty();
      }
      run.finish();
    }
    return Optional.of(results);
  }

  private boolean mayCount(
      ConsumerRecord<byte[], byte[]> record, OverdueWindows wanted, long fromMs, long toMs) {
    boolean isKeyed = query.readings().by().isEmpty() && query.source().join().isEmpty();
    if (isKeyed && (record.key() == null || !wanted.hasKey(Bytes.wrap(record.key())))) {
      return false;
    }
    long timeMs = EventTime.of(record.headers(), record.timestamp());
    return timeMs >= fromMs && timeMs <= toMs;
  }
}
