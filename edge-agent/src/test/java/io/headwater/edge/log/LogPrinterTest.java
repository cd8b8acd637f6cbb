package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LogPrinterTest {
  private static final StreamPartition A = new StreamPartition("a", 0);

  @TempDir private Path folder;

  private static void append(EdgeLog log, int rows, int bytes) {
    var last = new CompletableFuture<Append.Outcome>();
    for (int i = 0; i < rows; i++) {
      last = new CompletableFuture<>();
      var append =
          new Append(A, null, new byte[bytes], 1, ClockQuality.UNSYNCED, "t", "c", last::complete);
      while (!log.offer(append)) {
        Thread.onSpinWait();
      }
    }
    assertThat(last.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  private List<Long> print(Predicate<PrintedRow> filter, long limit) {
    var printed = new ArrayList<Long>();
    LogPrinter.print(folder, filter, limit, row -> printed.add(row.record().offset()));
    return printed;
  }

  @Test
  void rowsLargerThanOneStatementMayReadAreAllPrinted() {
    try (EdgeLog log = EdgeLog.open(folder, LogSettings.DEFAULTS, metrics())) {
      append(log, 3, 2 << 20);
      append(log, 20, 200 << 10);
      append(log, 600, 10);

      assertThat(print(_ -> true, Long.MAX_VALUE)).hasSize(623).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void printsWhatTheFilterTakesUpToTheLimit() {
    try (EdgeLog log = EdgeLog.open(folder, LogSettings.DEFAULTS, metrics())) {
      append(log, 10, 10);

      assertThat(print(row -> row.record().offset() % 2 == 1, 3)).containsExactly(1L, 3L, 5L);
      assertThat(print(_ -> true, 0)).isEmpty();
    }
  }

  @Test
  void saysWhereItLookedInVain() {
    Path nowhere = folder.resolve("nowhere");

    assertThatThrownBy(() -> LogPrinter.print(nowhere, _ -> true, 1, _ -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(nowhere.toString());
  }

  private static EdgeLogMetrics metrics() {
    return new EdgeLogMetrics(new SimpleMeterRegistry());
  }
}
