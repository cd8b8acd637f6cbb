package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.ByteSize;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows whose bytes have changed on the disk cost themselves, and nothing else. */
class DamagedRowsTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final StreamPartition B = new StreamPartition("b", 0);
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(1024), Duration.ZERO, 8192);

  @TempDir private Path folder;

  private EdgeLog open() {
    return EdgeLog.open(folder, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private static void commit(EdgeLog log, StreamPartition partition, String value) {
    var outcome = new CompletableFuture<Append.Outcome>();
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    assertThat(
            log.offer(
                new Append(
                    partition, null, bytes, 1, ClockQuality.UNSYNCED, "t", "c", outcome::complete)))
        .isTrue();
    assertThat(outcome.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  /** All of a partition: values, and gaps as "gap first-next reason". */
  private static List<String> contents(EdgeLog log, StreamPartition partition) {
    var found = new ArrayList<String>();
    long next = 0;
    while (next < log.ends().getOrDefault(partition, 0L)) {
      LogSlice slice = log.read(partition, next, 500, 1 << 20);
      for (Gap gap : slice.gaps()) {
        found.add("gap " + gap.firstOffset() + "-" + gap.nextOffset() + " " + gap.reason().text());
      }
      for (UplinkRecord record : slice.records()) {
        found.add(record.offset() + "=" + new String(record.value(), StandardCharsets.UTF_8));
      }
      next = slice.nextOffset();
    }
    return found;
  }

  private void roll(EdgeLog log) throws IOException {
    int files = LogFolder.list(folder).size();
    for (int i = 0; i < 40; i++) {
      commit(log, new StreamPartition("filler", 0), "x".repeat(4000));
    }
    Awaitility.await().until(() -> LogFolder.list(folder).size() > files);
  }

  /** Flips a bit in the middle of a column of each batch with the seq. */
  private static void flip(Path file, String column, long seq) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      byte[] bytes;
      try (ResultSet row =
          statement.executeQuery("SELECT " + column + " FROM batch WHERE seq = " + seq)) {
        assertThat(row.next()).as("a batch begins with row %d", seq).isTrue();
        bytes = row.getBytes(1);
      }
      bytes[bytes.length / 2] ^= 4;
      try (PreparedStatement put =
          connection.prepareStatement("UPDATE batch SET " + column + " = ? WHERE seq = ?")) {
        put.setBytes(1, bytes);
        put.setLong(2, seq);
        assertThat(put.executeUpdate()).isEqualTo(1);
      }
    }
  }

  /** Row 1 to 5: three of A, one of B, one of A. */
  private static void fill(EdgeLog log) {
    commit(log, A, "a0");
    commit(log, A, "a1");
    commit(log, A, "a2");
    commit(log, B, "b0");
    commit(log, A, "a3");
  }

  @Test
  void rowsOfASealedFileAreAGap() throws Exception {
    try (EdgeLog log = open()) {
      fill(log);
      roll(log);
    }
    flip(LogFolder.list(folder).getFirst(), "rows", 2);
    flip(LogFolder.list(folder).getFirst(), "head", 3);
    flip(LogFolder.list(folder).getFirst(), "rows", 4);
    flip(LogFolder.list(folder).getFirst(), "head", 4);
    try (EdgeLog log = open()) {
      assertThat(contents(log, A)).containsExactly("gap 1-2 corrupt", "0=a0", "2=a2", "3=a3");
      assertThat(contents(log, B)).containsExactly("gap 0-1 corrupt");
      assertThat(log.rows(1, 10, 1 << 20).rows().stream().map(LogRow::seq))
          .startsWith(1L, 3L, 5L, 6L);
    }
  }

  /** In the root of the batches' tree a page stands where another should; SQLite does not mind. */
  private static void mislead(Path file, int cell) throws Exception {
    int root;
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT rootpage FROM sqlite_schema WHERE name = 'batch'")) {
      root = row.getInt(1);
    }
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer page = ByteBuffer.wrap(bytes, (root - 1) * 4096, 4096).slice();
    assertThat(page.get(0)).as("an interior page of a table").isEqualTo((byte) 5);
    assertThat(page.getShort(3)).as("its cells").isGreaterThan((short) (cell + 2));
    page.putInt(page.getShort(12 + 2 * cell), page.getInt(page.getShort(12 + 2 * (cell + 2))));
    Files.write(file, bytes);
  }

  @Test
  void pageInThePlaceOfAnotherLosesNothing() throws Exception {
    List<String> before;
    try (EdgeLog log = open()) {
      for (int i = 0; i < 60; i++) {
        commit(log, A, i + "-" + "x".repeat(500));
      }
      before = contents(log, A);
      roll(log);
    }
    mislead(LogFolder.list(folder).getFirst(), 2);
    try (EdgeLog log = open()) {
      assertThat(contents(log, A)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rows", "head"})
  void oneFlippedBitInTheLastRowsLosesNoNumber(String column) throws Exception {
    try (EdgeLog log = open()) {
      fill(log);
    }
    flip(LogFolder.list(folder).getLast(), column, 5);
    try (EdgeLog log = open()) {
      commit(log, A, "a4");
      List<String> expected =
          column.equals("rows")
              ? List.of("gap 3-4 corrupt", "0=a0", "1=a1", "2=a2", "4=a4")
              : List.of("0=a0", "1=a1", "2=a2", "3=a3", "4=a4");
      assertThat(contents(log, A)).isEqualTo(expected);
    }
  }

  /** Nobody knows how many there were: numbering goes on far above, and the hole is told. */
  @Test
  void lastRowsOfWhichNothingIsLeftGiveNoNumberTwice() throws Exception {
    try (EdgeLog log = open()) {
      fill(log);
    }
    flip(LogFolder.list(folder).getLast(), "rows", 5);
    flip(LogFolder.list(folder).getLast(), "head", 5);
    Files.delete(folder.resolve("log.end"));
    long end;
    try (EdgeLog log = open()) {
      commit(log, A, "new");
      commit(log, B, "new");
      end = log.ends().getOrDefault(A, 0L);
      assertThat(end).isGreaterThan(1L << 32);
      assertThat(contents(log, A))
          .contains("0=a0", "1=a1", "2=a2", "gap 3-" + (end - 1) + " corrupt", end - 1 + "=new")
          .hasSize(5);
      assertThat(contents(log, B)).contains("0=b0").anyMatch(each -> each.endsWith("=new"));
    }
    try (EdgeLog log = open()) {
      assertThat(log.ends()).containsEntry(A, end);
      assertThat(contents(log, A)).hasSize(5);
    }
  }

  @Test
  void lastRowsOfWhichNothingIsLeftAreToldByTheNotedEnd() throws Exception {
    try (EdgeLog log = open()) {
      fill(log);
    }
    flip(LogFolder.list(folder).getLast(), "rows", 5);
    flip(LogFolder.list(folder).getLast(), "head", 5);
    try (EdgeLog log = open()) {
      commit(log, A, "new");
      assertThat(contents(log, A))
          .containsExactlyInAnyOrder("0=a0", "1=a1", "2=a2", "gap 3-4 corrupt", "4=new");
    }
  }

  @Test
  void filesOfTheFirstLayoutAreReadAndWrittenOn() throws Exception {
    try (EdgeLog log = open()) {
      fill(log);
      roll(log);
      fill(log);
    }
    for (Path file : LogFolder.list(folder)) {
      FirstLayout.bringBack(file, true);
    }
    try (EdgeLog log = open()) {
      commit(log, A, "new");
      assertThat(contents(log, A))
          .containsExactly("0=a0", "1=a1", "2=a2", "3=a3", "4=a0", "5=a1", "6=a2", "7=a3", "8=new");
      assertThat(contents(log, B)).containsExactly("0=b0", "1=b0");
      assertThat(contents(log, new StreamPartition("filler", 0))).hasSize(40);
    }
  }
}
