package io.headwater.edge.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.Hops;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.remote.RemoteTopic.Direction;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OutCursorTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final StreamPartition B = new StreamPartition("b", 0);
  private static final long SMALL = 256 << 10;
  private static final int ROWS = 600;

  @TempDir private Path folder;

  private EdgeLog open(LogSettings settings) {
    return EdgeLog.open(
        folder.resolve("log"), settings, new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private static RemoteSettings settings(ByteSize backlog) {
    return new RemoteSettings(
        "far",
        List.of(new HostPort("localhost", 1)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(backlog),
        List.of(
            new RemoteTopic(
                "#", Direction.OUT, Optional.empty(), Optional.empty(), Optional.empty())));
  }

  private static final ByteSize AMPLE = ByteSize.ofMebibytes(1024);

  private static void append(EdgeLog log, StreamPartition partition, int from, int to, int bytes) {
    CompletableFuture<Append.Outcome> last = new CompletableFuture<>();
    for (int i = from; i < to; i++) {
      last = new CompletableFuture<>();
      Publish publish =
          Publish.fromBroker("t/" + i, new byte[bytes], "client", 1, i % 3, last::complete);
      log.offer(
          new Append(
              partition,
              null,
              publish.payload(),
              1,
              ClockQuality.SYNCED,
              publish.topic(),
              publish.clientId(),
              publish.attributes(),
              publish.also(),
              publish.done()));
    }
    assertThat(last.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  private static List<LogRow> drain(OutCursor cursor) {
    var rows = new ArrayList<LogRow>();
    for (LogRow row = cursor.rows().next(); row != null; row = cursor.rows().next()) {
      rows.add(row);
    }
    return rows;
  }

  @Test
  void aNewRemoteBeginsAtTheEndAndReadsAllPartitionsInOrder() throws Exception {
    try (EdgeLog log = open(LogSettings.DEFAULTS);
        RemoteStore store = RemoteStore.open(folder)) {
      append(log, A, 0, 5, 1);
      var cursor = new OutCursor(log, store, settings(AMPLE));
      append(log, A, 5, 10, 1);
      append(log, B, 10, 15, 1);

      List<LogRow> rows = drain(cursor);

      assertThat(rows)
          .extracting(LogRow::mqttTopic)
          .containsExactly(
              "t/5", "t/6", "t/7", "t/8", "t/9", "t/10", "t/11", "t/12", "t/13", "t/14");
      assertThat(rows)
          .extracting(row -> Hops.of(row.attributes()))
          .containsExactly(2, 0, 1, 2, 0, 1, 2, 0, 1, 2);
      assertThat(cursor.rows().isAtEnd()).isTrue();
    }
  }

  @Test
  void whatIsNotAcknowledgedGoesAgainAlsoAfterARestart() throws Exception {
    try (EdgeLog log = open(LogSettings.DEFAULTS);
        RemoteStore store = RemoteStore.open(folder)) {
      var cursor = new OutCursor(log, store, settings(AMPLE));
      append(log, A, 0, 6, 1);
      List<OutCursor.Flight> flights =
          drain(cursor).stream().map(row -> cursor.sent(row, 0)).toList();
      cursor.done(flights.get(0));
      cursor.done(flights.get(1));
      cursor.done(flights.get(4)); // behind one that is open: does not move the position

      cursor.goBack();
      List<LogRow> again = drain(cursor);
      assertThat(again).extracting(LogRow::mqttTopic).containsExactly("t/2", "t/3", "t/4", "t/5");
      again.forEach(row -> cursor.sent(row, 0));
      cursor.goBack();
      cursor.save();
    }
    try (EdgeLog log = open(LogSettings.DEFAULTS);
        RemoteStore store = RemoteStore.open(folder)) {
      append(log, A, 6, 7, 1);
      var cursor = new OutCursor(log, store, settings(AMPLE));

      assertThat(drain(cursor))
          .extracting(LogRow::mqttTopic)
          .containsExactly("t/2", "t/3", "t/4", "t/5", "t/6");
    }
  }

  @Test
  void anotherLogBeginsAtItsStart() throws Exception {
    try (EdgeLog log = open(LogSettings.DEFAULTS);
        RemoteStore store = RemoteStore.open(folder)) {
      append(log, A, 0, 50, 1);
      new OutCursor(log, store, settings(AMPLE)).save();
    }
    try (Stream<Path> files = Files.list(folder.resolve("log"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    try (EdgeLog log = open(LogSettings.DEFAULTS);
        RemoteStore store = RemoteStore.open(folder)) {
      append(log, A, 100, 102, 1);

      assertThat(drain(new OutCursor(log, store, settings(AMPLE))))
          .extracting(LogRow::mqttTopic)
          .containsExactly("t/100", "t/101");
    }
  }

  @Test
  void aDamagedMemoryOfPositionsCostsARepetitionNotAMessage() throws Exception {
    try (EdgeLog log = open(LogSettings.DEFAULTS)) {
      append(log, A, 0, 3, 1);
      Files.writeString(
          folder.resolve(RemoteStore.FILE), "no database, but long enough".repeat(99));
      try (RemoteStore store = RemoteStore.open(folder)) {
        assertThat(drain(new OutCursor(log, store, settings(AMPLE)))).hasSize(3);
      }
    }
    assertThat(folder.resolve(RemoteStore.FILE + ".corrupt-1")).exists();
  }

  @Test
  void settledFilesAreKeptForARemoteThatIsBehind() throws Exception {
    try (EdgeLog log = open(smallFiles());
        RemoteStore store = RemoteStore.open(folder)) {
      var cursor = new OutCursor(log, store, settings(AMPLE));
      long begin = log.startSeq();
      fillAndSettle(log);

      List<LogRow> rows = drain(cursor);
      assertThat(log.startSeq()).isEqualTo(begin);
      assertThat(rows).hasSize(ROWS);
      assertThat(cursor.rows().takeMissing()).isZero();

      cursor.save(); // nothing is under way: all is done with, and may go
      Awaitility.await().until(() -> log.startSeq() > begin);
    }
  }

  @Test
  void aboveTheBacklogRowsGoAndAreCounted() throws Exception {
    try (EdgeLog log = open(smallFiles());
        RemoteStore store = RemoteStore.open(folder)) {
      var cursor = new OutCursor(log, store, settings(new ByteSize(SMALL)));
      long begin = log.endSeq();
      fillAndSettle(log);
      Awaitility.await().until(() -> log.startSeq() > begin);

      List<LogRow> rows = drain(cursor);

      assertThat(rows.size() + cursor.rows().takeMissing()).isEqualTo(ROWS);
      assertThat(rows).hasSizeLessThan(ROWS);
    }
  }

  private static LogSettings smallFiles() {
    return new LogSettings(ByteSize.ofKibibytes(64), new ByteSize(SMALL), Duration.ZERO, 8192);
  }

  /** 600 rows of 1 KiB, each 100 in a file of their own; the hub has them all. */
  private void fillAndSettle(EdgeLog log) throws IOException {
    for (int i = 0; i < ROWS; i += 100) {
      String before = newestFile();
      append(log, A, i, i + 100, 1024);
      log.settle(A, OffsetRanges.of(0, i + 100));
      Awaitility.await("the next file is begun").until(() -> !newestFile().equals(before));
    }
  }

  private String newestFile() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("log"))) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.endsWith(".edgelog"))
          .max(Comparator.naturalOrder())
          .orElse("");
    }
  }
}
