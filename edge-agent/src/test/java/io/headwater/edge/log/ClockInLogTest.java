package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.BootTime;
import io.headwater.edge.clock.BootTimes;
import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.process.ByteSize;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The times of rows whose clock was wrong. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClockInLogTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final long START = 1_790_000_000_000L;
  private static final long NOW_MS = 5_000;
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(64), Duration.ZERO, 8192);

  @TempDir private Path folder;

  private final BootTimes boots = BootTimes.none();

  /** Always at the same uptime of boot 5. */
  private final class Clock implements DeviceClock {
    @Override
    public Capture now() {
      return unsynced(5, NOW_MS);
    }

    @Override
    public long leastAgeMs(Capture capture) {
      return NOW_MS - capture.uptimeMs();
    }

    @Override
    public BootTimes boots() {
      return boots;
    }
  }

  private EdgeLog open() {
    return EdgeLog.open(
        folder, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()), new Clock());
  }

  private static void append(EdgeLog log, Capture capture, String value, StateChange... also) {
    var outcome = new CompletableFuture<Append.Outcome>();
    assertThat(
            log.offer(
                new Append(
                    A,
                    null,
                    value.getBytes(StandardCharsets.UTF_8),
                    capture,
                    "t",
                    "c",
                    null,
                    Durability.FSYNC,
                    List.of(also),
                    outcome::complete)))
        .isTrue();
    assertThat(outcome.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  private static Capture unsynced(long boot, long uptimeMs) {
    return new Capture(boot, uptimeMs, uptimeMs, ClockQuality.UNSYNCED);
  }

  private void learn(long boot, ClockQuality source) {
    boots.learn(new BootTime(boot, START + boot, 1, 0, source));
  }

  private static List<String> times(List<UplinkRecord> records) {
    return records.stream().map(each -> each.capturedMs() + " " + each.clock().text()).toList();
  }

  private static List<String> times(EdgeLog log) {
    return times(log.read(A, 0, 100, 1 << 20).records());
  }

  @Test
  void rowsGetTheTimeThatIsKnownWhenTheyAreRead() {
    try (EdgeLog log = open()) {
      append(log, unsynced(5, 100), "early");
      append(log, unsynced(6, 200), "other boot");
      append(log, new Capture(6, 300, 77, ClockQuality.SYNCED), "right");
      assertThat(times(log)).containsExactly("100 unsynced", "200 unsynced", "77 synced");

      learn(6, ClockQuality.BRIDGE);
      assertThat(times(log))
          .containsExactly("100 unsynced", (START + 6 + 200) + " bridge", "77 synced");
      learn(5, ClockQuality.SYNCED);
    }
    try (EdgeLog log = open()) {
      assertThat(times(log))
          .containsExactly(
              (START + 5 + 100) + " corrected", (START + 6 + 200) + " bridge", "77 synced");
      assertThat(log.offsetSince(A, START + 150, 3)).isEqualTo(1);
    }
  }

  @Test
  void thoseWhoLookIntoTheFilesSeeTheSame() throws IOException {
    try (EdgeLog log = open()) {
      append(log, unsynced(5, 100), "early");
      learn(5, ClockQuality.SYNCED);
      boots.write(folder);

      var printed = new ArrayList<UplinkRecord>();
      LogPrinter.print(folder, _ -> true, 10, row -> printed.add(row.record()));
      LogPrinter.printFile(
          LogFolder.list(folder).getFirst(), _ -> true, 10, row -> printed.add(row.record()));

      String corrected = (START + 5 + 100) + " corrected";
      assertThat(times(printed)).containsExactly(corrected, corrected);
    }
  }

  @Test
  void theNewestRowOfAFileTellsItsAge() throws Exception {
    try (EdgeLog log = open()) {
      append(log, unsynced(5, 100), "first");
      append(log, unsynced(5, 200), "last");
    }
    try (var files = new LogFiles(folder, new Clock())) {
      Path file = LogFolder.list(folder).getFirst();
      files.add(file);

      assertThat(files.leastAgeMs(file)).isEqualTo(NOW_MS - 200);
      assertThat(files.leastAgeMs(folder.resolve("gone"))).isZero();
    }
  }

  @Test
  void filesOfTheSecondFormatAreReadAndWrittenOn() throws Exception {
    try (EdgeLog log = open()) {
      append(log, Capture.ofWall(START, ClockQuality.SYNCED), "old", new StateChange.Retain());
      var opened = new CompletableFuture<StateWrite.Result>();
      log.write(
          new StateWrite(
              List.of(new StateChange.OpenSession("s", 60, null)), null, opened::complete));
      opened.join();
    }
    Path file = LogFolder.list(folder).getFirst();
    bringBack(file);
    var printed = new ArrayList<UplinkRecord>();
    LogPrinter.print(folder, _ -> true, 10, row -> printed.add(row.record()));
    assertThat(printed).as("before the agent has started").hasSize(1);

    try (EdgeLog log = open()) {
      assertThat(log.sessions()).singleElement().extracting(StoredSession::client).isEqualTo("s");
      assertThat(log.retained("", "", 10, 1000))
          .singleElement()
          .extracting(LogRow::capture)
          .isEqualTo(Capture.ofWall(START, ClockQuality.UNSYNCED));
      append(log, unsynced(5, 100), "new", new StateChange.Retain());
      learn(5, ClockQuality.SYNCED);
      assertThat(times(log)).containsExactly(START + " synced", (START + 5 + 100) + " corrected");
      assertThat(log.retained("", "", 10, 1000))
          .singleElement()
          .extracting(LogRow::capture)
          .isEqualTo(unsynced(5, 100));
      for (int i = 0; LogFolder.list(folder).size() < 2; i++) {
        append(log, unsynced(5, 100 + i), "x".repeat(9_000));
      }
      assertThat(log.retained("", "", 10, 1000)).as("in the next file").hasSize(1);
    }
  }

  private static void bringBack(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("ALTER TABLE session DROP COLUMN capture");
      statement.executeUpdate("ALTER TABLE retained DROP COLUMN capture");
      statement.executeUpdate("DROP INDEX gap_place");
      statement.executeUpdate("ALTER TABLE gap DROP COLUMN crc");
      statement.executeUpdate("UPDATE meta SET value = 2 WHERE name = 'format'");
    }
  }
}
