package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.clock.BootTimes;
import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.process.ByteSize;
import io.headwater.process.UserError;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs that agents of earlier builds wrote, and what becomes of them and of newer ones. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OlderFormatsTest {
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(64), Duration.ZERO, 8192);

  /** Pages of what is written ahead of a file, each with 24 bytes before it, behind 32 bytes. */
  private static final long FRAME = 4096 + 24;

  private static final long BEFORE_FRAMES = 32;

  @TempDir private Path folder;

  /** What can be read of a log. */
  private record Contents(
      Map<StreamPartition, List<UplinkRecord>> readings, Map<StreamPartition, List<Gap>> gaps) {
    static Contents of(EdgeLog log) {
      var readings = new TreeMap<StreamPartition, List<UplinkRecord>>();
      var gaps = new TreeMap<StreamPartition, List<Gap>>();
      log.ends()
          .forEach((partition, end) -> {
            for (long next = log.start(partition); next < end; ) {
              LogSlice slice = log.read(partition, next, 500, 1 << 20);
              assertThat(slice.firstOffset()).isEqualTo(next);
              assertThat(slice.nextOffset()).isGreaterThan(next);
              assertThat(slice.records())
                  .as("what one batch can hold")
                  .allMatch(each -> each.offset() - slice.firstOffset() <= Batch.FARTHEST);
              next = slice.nextOffset();
              if (!slice.records().isEmpty()) {
                readings.computeIfAbsent(partition, _ -> new ArrayList<>()).addAll(slice.records());
              }
              if (!slice.gaps().isEmpty()) {
                gaps.computeIfAbsent(partition, _ -> new ArrayList<>()).addAll(slice.gaps());
              }
            }
          });
      return new Contents(readings, gaps);
    }
  }

  private static EdgeLog open(Path log) {
    var boots = BootTimes.read(log);
    DeviceClock none = DeviceClock.none();
    var clock =
        new DeviceClock() {
          @Override
          public Capture now() {
            return none.now();
          }

          @Override
          public long leastAgeMs(Capture capture) {
            return none.leastAgeMs(capture);
          }

          @Override
          public BootTimes boots() {
            return boots;
          }
        };
    return EdgeLog.open(log, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()), clock);
  }

  private static void append(EdgeLog log, StreamPartition partition, String value) {
    var outcome = new CompletableFuture<Append.Outcome>();
    assertThat(
            log.offer(
                new Append(
                    partition,
                    null,
                    value.getBytes(StandardCharsets.UTF_8),
                    1,
                    ClockQuality.SYNCED,
                    "new",
                    "c",
                    outcome::complete)))
        .isTrue();
    assertThat(outcome.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  private static List<String> rows(EdgeLog log) {
    var rows = new ArrayList<String>();
    long next = 1;
    while (next < log.endSeq()) {
      LogRows some = log.rows(next, 500, 1 << 20);
      some.rows().forEach(row -> rows.add(text(row)));
      next = some.nextSeq();
    }
    return rows;
  }

  private static String text(LogRow row) {
    return row.mqttTopic() + "=" + new String(row.value(), StandardCharsets.UTF_8);
  }

  private static void assertWhole(EdgeLog log, OldFolder old) throws IOException {
    Contents contents = Contents.of(log);
    assertThat(contents.readings()).isEqualTo(old.readings());
    assertThat(contents.gaps()).isEqualTo(old.gaps());
    assertThat(log.epoch()).isEqualTo(old.epoch());
    assertThat(log.settled()).isEqualTo(old.settled());
    assertThat(rows(log)).isEqualTo(old.rows());
    assertThat(log.retained("", "", 100, 1 << 20).stream().map(OlderFormatsTest::text))
        .containsExactlyElementsOf(
            old.retained().entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue())
                .toList());
    assertThat(log.sessions())
        .extracting(StoredSession::client)
        .containsExactlyInAnyOrderElementsOf(old.queued().keySet());
    assertThat(LogFolder.listPutAside(old.log())).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("io.headwater.edge.log.OldFolder#commits")
  void everythingIsThereAndGoesOn(String commit) throws IOException {
    OldFolder old = OldFolder.unpack(commit, folder);
    var partitions = List.copyOf(old.readings().keySet());
    try (EdgeLog log = open(old.log())) {
      assertWhole(log, old);
      for (StreamPartition partition : partitions) {
        append(log, partition, "new");
      }
    }
    try (EdgeLog log = open(old.log())) {
      for (StreamPartition partition : partitions) {
        long end = old.end(partition);
        assertThat(log.ends()).containsEntry(partition, end + 1);
        assertThat(log.read(partition, end, 10, 1 << 20).records())
            .singleElement()
            .extracting(UplinkRecord::offset)
            .isEqualTo(end);
        log.settle(partition, OffsetRanges.of(0, end + 1));
      }
      int files = LogFolder.list(old.log()).size();
      while (LogFolder.list(old.log()).size() == files) {
        append(log, partitions.getFirst(), "x".repeat(9_000));
      }
    }
    try (EdgeLog log = open(old.log())) {
      var more = Contents.of(log).readings();
      for (StreamPartition partition : partitions) {
        assertThat(more.get(partition)).startsWith(readings(old, partition));
        assertThat(log.settled(partition).contains(old.end(partition))).isTrue();
      }
      assertThat(log.incarnations()).hasSizeGreaterThanOrEqualTo(3);
      assertThat(log.retained("", "", 100, 1 << 20)).hasSize(old.retained().size());
      assertThat(log.sessions()).hasSize(old.queued().size());
    }
  }

  private static UplinkRecord[] readings(OldFolder old, StreamPartition partition) {
    return old.readings().getOrDefault(partition, List.of()).toArray(UplinkRecord[]::new);
  }

  /**
   * The newest file is brought to the present layout at the start, the others when they are read.
   */
  @ParameterizedTest
  @ValueSource(strings = {"55c8f81", "9a9527c", "51a7cee"})
  void upgradeMayStopBetweenAnyTwoFiles(String commit) throws Exception {
    int files = LogFolder.list(OldFolder.unpack(commit, folder.resolve("whole")).log()).size();
    for (int i = 0; i < files; i++) {
      OldFolder old = OldFolder.unpack(commit, folder.resolve("upgraded-" + i));
      LayoutUpgrade.upgrade(LogFolder.list(old.log()).get(i));
      try (EdgeLog log = open(old.log())) {
        assertWhole(log, old);
      }
    }
  }

  /** The change of a file is one transaction: up to its last page the file is what it was. */
  @ParameterizedTest
  @ValueSource(strings = {"480ff2f", "9a9527c", "51a7cee"})
  void upgradeMayStopWithinAFile(String commit) throws Exception {
    OldFolder upgraded = OldFolder.unpack(commit, folder.resolve("upgraded"));
    Path file = LogFolder.list(upgraded.log()).getLast();
    checkpoint(file);
    byte[] before = Files.readAllBytes(file);
    byte[] ahead;
    try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.executeQuery("SELECT * FROM meta").close(); // nothing is moved into the file now
      LayoutUpgrade.upgrade(file);
      ahead = Files.readAllBytes(Path.of(file + "-wal"));
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }
    long frames = (ahead.length - BEFORE_FRAMES) / FRAME;
    assertThat(frames).isGreaterThan(3);
    for (long kept : new long[] {0, frames / 2, frames - 1, frames}) {
      OldFolder old = OldFolder.unpack(commit, folder.resolve("kept-" + kept));
      Path same = old.log().resolve(file.getFileName());
      LogFolder.delete(same);
      Files.write(same, before);
      Path wal = Path.of(same + "-wal");
      Files.write(wal, ahead);
      try (FileChannel cut = FileChannel.open(wal, StandardOpenOption.WRITE)) {
        cut.truncate(BEFORE_FRAMES + kept * FRAME + (kept < frames ? 100 : 0));
      }
      try (EdgeLog log = open(old.log())) {
        assertWhole(log, old);
      }
    }
  }

  /** The copy of the table knows better, also where the number is that of an older format. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void numberOfAFormatWithAFlippedBitIsMended(int format) throws Exception {
    OldFolder old = OldFolder.unpack("07e19e6", folder);
    Path newest = LogFolder.list(old.log()).getLast();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + newest);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE meta SET value = " + format + " WHERE name = 'format'");
    }

    try (EdgeLog log = open(old.log())) {
      assertWhole(log, old);
    }
  }

  private static void checkpoint(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"9a9527c", "ae57599", "51a7cee", "07e19e6"})
  void whoOnlyLooksSeesAllBeforeTheAgentHasStarted(String commit) throws IOException {
    OldFolder old = OldFolder.unpack(commit, folder);
    var printed = new ArrayList<String>();

    LogPrinter.print(
        old.log(),
        _ -> true,
        Long.MAX_VALUE,
        row ->
            printed.add(
                row.record().mqttTopic()
                    + "="
                    + new String(row.record().value(), StandardCharsets.UTF_8)));

    assertThat(printed).isEqualTo(old.rows());
    assertThat(LogSurvey.look(old.log(), true))
        .allSatisfy(each -> assertThat(each.damage()).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"55c8f81", "480ff2f"})
  void whoOnlyLooksIsToldToStartTheAgentFirst(String commit) throws IOException {
    OldFolder old = OldFolder.unpack(commit, folder);
    Map<String, String> before = old.bytes();
    Path oldest = LogFolder.list(old.log()).getFirst();

    assertThatThrownBy(() -> LogPrinter.print(old.log(), _ -> true, 10, _ -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(
            oldest + " has format 1 where 3 is due; the agent brings it there when it starts");

    assertThat(old.bytes()).isEqualTo(before);
  }

  @Test
  void logOfANewerAgentIsLeftAsItIs() throws Exception {
    OldFolder old = OldFolder.unpack("07e19e6", folder.resolve("data"));
    Path newest = LogFolder.list(old.log()).getLast();
    checkpoint(newest);
    OldFolder.makeNewer(newest);

    assertRefusedAndLeftAlone(old.log(), newest);
  }

  @Test
  void logOfANewerAgentThatWasKilledIsLeftAsItIs() throws Exception {
    OldFolder old = OldFolder.unpack("07e19e6", folder.resolve("data"));
    Path newest = LogFolder.list(old.log()).getLast();
    checkpoint(newest);
    Path live = folder.resolve("live");
    Files.copy(newest, live);
    try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + live);
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.executeQuery("SELECT * FROM meta").close();
      OldFolder.makeNewer(live);
      Files.copy(Path.of(live + "-wal"), Path.of(newest + "-wal"));
    }

    assertRefusedAndLeftAlone(old.log(), newest);
  }

  private static void assertRefusedAndLeftAlone(Path log, Path newest) throws Exception {
    Map<String, String> before = OldFolder.bytes(log);

    assertThatThrownBy(() -> open(log))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s has format %d > %d: a newer agent wrote it; install that one again"
                .formatted(newest, LogFile.FORMAT + 1, LogFile.FORMAT));

    assertThat(OldFolder.bytes(log)).isEqualTo(before);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + newest);
        Statement statement = connection.createStatement();
        ResultSet format = statement.executeQuery("SELECT value FROM meta WHERE name = 'format'")) {
      assertThat(format.getInt(1)).isEqualTo(LogFile.FORMAT + 1);
    }
  }
}
