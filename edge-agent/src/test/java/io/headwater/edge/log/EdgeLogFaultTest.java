package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.clock.Capture;
import io.headwater.process.ByteSize;
import io.headwater.process.UserError;
import io.headwater.testsupport.SmallFileSystem;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the log does when the disk is full, a file is locked or damaged, or a stop comes between.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EdgeLogFaultTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final StreamPartition B = new StreamPartition("b", 0);
  private static final StreamPartition C = new StreamPartition("c", 0);
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(1024), Duration.ZERO, 8192);

  @TempDir private Path folder;

  private EdgeLog open(String... pragmas) {
    return EdgeLog.open(
        folder, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()), List.of(pragmas));
  }

  private static boolean offer(
      EdgeLog log, StreamPartition partition, byte[] value, Consumer<Append.Outcome> done) {
    return log.offer(
        new Append(partition, null, value, 1, ClockQuality.UNSYNCED, "topic", "client", done));
  }

  private static CompletableFuture<Append.Outcome> append(
      EdgeLog log, StreamPartition partition, String value) {
    var outcome = new CompletableFuture<Append.Outcome>();
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    assertThat(offer(log, partition, bytes, outcome::complete)).isTrue();
    return outcome;
  }

  private static void commit(EdgeLog log, StreamPartition partition, String value) {
    assertThat(append(log, partition, value).join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  /** The records of a partition, gaps left out. */
  private static List<UplinkRecord> records(EdgeLog log, StreamPartition partition) {
    var records = new ArrayList<UplinkRecord>();
    long next = 0;
    while (next < log.ends().getOrDefault(partition, 0L)) {
      LogSlice slice = log.read(partition, next, 500, 1 << 20);
      records.addAll(slice.records());
      next = slice.nextOffset();
    }
    return records;
  }

  private static List<String> values(EdgeLog log, StreamPartition partition) {
    return records(log, partition).stream()
        .map(record -> new String(record.value(), StandardCharsets.UTF_8))
        .toList();
  }

  private void fillAFile(EdgeLog log) throws IOException {
    int files = LogFolder.list(folder).size();
    for (int i = 0; i < 100; i++) {
      append(log, A, "x".repeat(1000));
    }
    commit(log, A, "last");
    Awaitility.await().until(() -> LogFolder.list(folder).size() > files);
  }

  private Path damageNewest() throws IOException {
    Path newest = LogFolder.list(folder).getLast();
    Files.write(newest, new byte[(int) Files.size(newest)], StandardOpenOption.WRITE);
    return newest;
  }

  private static void change(Path file, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  @Test
  void fullDiskRefusesForCertainAndNumberingStaysDense() {
    var told = new ArrayList<String>();
    // Less than a file of these settings takes before there is a new one.
    try (EdgeLog log = open("PRAGMA max_page_count=36")) {
      int refused = 0;
      for (int i = 0; refused < 3; i++) {
        Append.Outcome outcome = append(log, A, i + "-" + "x".repeat(8000)).join();
        if (outcome == Append.Outcome.COMMITTED) {
          told.add(i + "-" + "x".repeat(8000));
        } else {
          assertThat(outcome).isEqualTo(Append.Outcome.DISK_FULL);
          refused++;
        }
      }
      append(log, B, "x".repeat(8000)).join(); // a partition that is taken back, if it is refused
      assertThat(values(log, A)).isEqualTo(told);
      assertThat(log.failed()).isNotDone();
    }
    try (EdgeLog log = open()) {
      commit(log, A, "after");
      told.add("after");

      assertThat(values(log, A)).isEqualTo(told);
      assertThat(records(log, A).stream().map(UplinkRecord::offset))
          .containsExactlyElementsOf(LongStream.range(0, told.size()).boxed().toList());
    }
  }

  @Test
  void diskThatIsFullForAWhileStopsNothingForGood() throws IOException {
    Path small = folder.resolve("small");
    try (SmallFileSystem disk = SmallFileSystem.mount(small, 4);
        EdgeLog log =
            EdgeLog.open(
                small, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()), List.of())) {
      var told = new ArrayList<String>();
      for (int i = 0; i < 5; i++) {
        commit(log, A, "before" + i);
        told.add("before" + i);
      }
      disk.fill();
      Awaitility.await("a refusal")
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            String value = told.size() + "-" + "x".repeat(8000);
            Append.Outcome outcome = append(log, A, value).join();
            if (outcome == Append.Outcome.COMMITTED) {
              told.add(value);
            }
            return outcome == Append.Outcome.DISK_FULL;
          });
      // Housekeeping, once a second, wants to write down what is settled.
      var settled = new AtomicLong();
      Awaitility.await("a log that goes on with a full disk")
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            log.settle(A, OffsetRanges.of(0, 1 + settled.getAndIncrement() % 5));
            return !log.failed().isDone();
          });
      disk.free();
      Awaitility.await("room")
          .atMost(Duration.ofSeconds(20))
          .until(() -> append(log, A, "after").join() == Append.Outcome.COMMITTED);
      told.add("after");
      assertThat(values(log, A)).isEqualTo(told);
    }
  }

  @Test
  void logThatCannotCommitSaysSoAndRecoversByItself() {
    Path small = folder.resolve("small");
    try (SmallFileSystem disk = SmallFileSystem.mount(small, 4);
        EdgeLog log =
            EdgeLog.open(
                small, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()), List.of())) {
      commit(log, A, "before");
      assertThat(log.problem()).as("idle").isEmpty();
      disk.fill();
      Awaitility.await("a problem")
          .atMost(Duration.ofSeconds(30))
          .until(() -> {
            append(log, A, "x".repeat(100_000)).join();
            return log.fullness().isPresent();
          });
      assertThat(log.fullness().orElseThrow()).contains("the log has been full for", "refused");
      disk.free();
      Awaitility.await("a log that nobody writes to is well again")
          .atMost(Duration.ofSeconds(10))
          .until(() -> log.fullness().isEmpty() && log.problem().isEmpty());
    }
  }

  @Test
  void readingsThatCannotBeForcedAreAProblemUntilTheyAre() throws IOException, SQLException {
    LogSettings base = SMALL_FILES;
    try (EdgeLog log =
        EdgeLog.open(
            folder,
            new LogSettings(
                base.fileSize(),
                base.retention(),
                base.linger(),
                base.queue(),
                base.sessionBacklog(),
                Duration.ofMillis(200)),
            new EdgeLogMetrics(new SimpleMeterRegistry()),
            List.of("PRAGMA busy_timeout=10"))) {
      Path file = LogFolder.list(folder).getLast();
      try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = other.createStatement()) {
        var done = new CompletableFuture<Append.Outcome>();
        log.offer(
            new Append(
                A,
                null,
                new byte[1],
                Capture.ofWall(1, ClockQuality.SYNCED),
                "t",
                "c",
                null,
                Durability.INTERVAL,
                List.of(),
                done::complete));
        assertThat(done.join()).isEqualTo(Append.Outcome.COMMITTED);
        statement.execute("BEGIN IMMEDIATE");
        Awaitility.await("a problem")
            .atMost(Duration.ofSeconds(30))
            .until(() -> log.problem().isPresent());
        assertThat(log.endSeq()).isLessThan(log.committedSeq());
        statement.execute("ROLLBACK");
      }
      Awaitility.await("forced").until(() -> log.endSeq() == log.committedSeq());
      assertThat(log.problem()).isEmpty();
    }
  }

  @Test
  void commitWithoutItsLockIsLookedUpAndRefused() throws IOException, SQLException {
    try (EdgeLog log = open("PRAGMA busy_timeout=50")) {
      commit(log, A, "one");
      Path file = LogFolder.list(folder).getLast();
      try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = other.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        assertThat(append(log, A, "two").join()).isEqualTo(Append.Outcome.FAILED);
        assertThat(append(log, B, "three").join()).isEqualTo(Append.Outcome.FAILED);
        statement.execute("ROLLBACK");
      }
      commit(log, A, "four");
      commit(log, B, "five");

      assertThat(values(log, A)).containsExactly("one", "four");
      assertThat(records(log, A)).extracting(UplinkRecord::offset).containsExactly(0L, 1L);
      assertThat(values(log, B)).containsExactly("five");
    }
  }

  @Test
  void offsetsOfAPartitionThatOnlyALostFileKnewNeverComeAgain() throws IOException {
    long lastOfB;
    try (EdgeLog log = open()) {
      fillAFile(log);
      commit(log, B, "known to the second file only");
      commit(log, B, "likewise");
      lastOfB = records(log, B).getLast().offset();
    }
    damageNewest();

    try (EdgeLog log = open()) {
      commit(log, B, "after");

      assertThat(records(log, B)).hasSize(1);
      assertThat(records(log, B).getFirst().offset()).isGreaterThan(lastOfB);
    }
  }

  @Test
  void secondLossDoesNotGiveOutWhatTheFirstHealingDid() throws IOException {
    var givenOfA = new ArrayList<Long>();
    var givenOfC = new ArrayList<Long>();
    try (EdgeLog log = open()) {
      fillAFile(log);
      commit(log, A, "first life of the file");
      givenOfA.add(records(log, A).getLast().offset());
    }
    for (int loss = 0; loss < 3; loss++) {
      damageNewest();
      try (EdgeLog log = open()) {
        commit(log, A, "after loss " + loss);
        commit(log, C, "after loss " + loss);
        givenOfA.add(records(log, A).getLast().offset());
        givenOfC.add(records(log, C).getLast().offset());
      }
    }

    assertThat(givenOfA).hasSize(4).isSorted().doesNotHaveDuplicates();
    assertThat(givenOfC).hasSize(3).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void stopBeforeTheDamagedFileIsPutAsideChangesNothing() throws IOException {
    try (EdgeLog log = open()) {
      fillAFile(log);
      commit(log, A, "lost");
    }
    Path damaged = damageNewest();
    try (EdgeLog log = open()) {
      commit(log, A, "healed");
    }
    Files.move(Path.of(damaged + ".corrupt"), damaged); // as if the stop had come before

    try (EdgeLog log = open()) {
      commit(log, A, "went on");
      assertThat(values(log, A)).endsWith("healed", "went on").doesNotContain("lost");
      assertThat(records(log, A).stream().map(UplinkRecord::offset).toList())
          .doesNotHaveDuplicates();
    }
  }

  /** A write-ahead log has nothing in it that says whose it is. */
  @Test
  void stopWhileTheDamagedFileIsPutAsideLeavesTheSalvagedOneNothingOfIt(@TempDir Path other)
      throws IOException {
    try (EdgeLog log = open()) {
      commit(log, A, "salvaged");
    }
    Path file = LogFolder.list(folder).getLast();
    try (EdgeLog log =
        EdgeLog.open(other, SMALL_FILES, new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      commit(log, A, "damaged");
      Files.copy(
          Path.of(other.resolve(file.getFileName()) + "-wal"), Path.of(file + "-wal")); // not empty
    }
    // As if the stop had come when only the file itself had its new name.
    Files.move(file, Path.of(file + ".salvaged"));
    Files.writeString(Path.of(file + ".corrupt"), "the damaged one");

    try (EdgeLog log = open()) {
      assertThat(values(log, A)).containsExactly("salvaged");
    }
    assertThat(Path.of(file + ".corrupt-wal")).isNotEmptyFile();
  }

  /** The hub does not have its readings: a file that was given up is not one that is settled. */
  @Test
  void fileThatIsSalvagedWhileRetentionLooksAtItStays() throws Exception {
    List<String> all;
    try (EdgeLog log = open()) {
      for (int i = 0; i < 3; i++) {
        fillAFile(log);
      }
      commit(log, A, "newest");
      all = values(log, A);
    }
    damageRoot(LogFolder.list(folder).getFirst(), "sp");
    var little =
        new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofKibibytes(1), Duration.ZERO, 8192);

    try (EdgeLog log =
        EdgeLog.open(folder, little, new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      Awaitility.await().until(() -> !LogFolder.listPutAside(folder).isEmpty());

      assertThat(values(log, A)).isEqualTo(all);
    }
  }

  /** The first page of a table. */
  private static void damageRoot(Path file, String table) throws Exception {
    long page;
    int size;
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = '"
                    + table
                    + "'")) {
      page = found.getLong(1);
      size = found.getInt(2);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(size), (page - 1) * size);
    }
  }

  @Test
  void everyDamagedFileIsKept() throws IOException {
    Path first = folder.resolve("00000000000000000001" + LogFile.SUFFIX);
    Files.writeString(Path.of(first + ".corrupt"), "of an earlier accident");
    try (EdgeLog log = open()) {
      commit(log, A, "x");
    }
    assertThat(damageNewest()).isEqualTo(first);

    open().close();

    assertThat(Path.of(first + ".corrupt")).hasContent("of an earlier accident");
    assertThat(Path.of(first + ".corrupt-2")).exists();
  }

  @Test
  void logThatLostItsActiveFileStillKnowsItsOpenings() throws IOException {
    try (EdgeLog log = open()) {
      fillAFile(log);
    }
    List<Incarnation> known;
    try (EdgeLog log = open()) {
      known = log.incarnations();
      commit(log, A, "lost");
    }
    damageNewest();

    try (EdgeLog log = open()) {
      assertThat(log.incarnations().stream().map(Incarnation::id))
          .containsAll(known.stream().map(Incarnation::id).toList())
          .hasSize(known.size() + 1);
    }
  }

  @Test
  void fileThatIsOnlyOutOfReachStaysWhereItIs() throws IOException {
    try (EdgeLog log = open()) {
      commit(log, A, "x");
    }
    Path inTheWay = folder.resolve("00000000000000000099" + LogFile.SUFFIX);
    Files.createDirectory(inTheWay);

    assertThatThrownBy(this::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining(folder.toString());

    assertThat(inTheWay).exists();
    Files.delete(inTheWay);
    try (EdgeLog log = open()) {
      assertThat(values(log, A)).containsExactly("x");
    }
  }

  @Test
  void fileOfANewerAgentIsNotTakenForDamaged() throws Exception {
    try (EdgeLog log = open()) {
      commit(log, A, "x");
    }
    Path file = LogFolder.list(folder).getLast();
    change(file, "UPDATE meta SET value = 99 WHERE name = 'format'");
    change(file, "UPDATE life SET copy = x'00112233'"); // of a layout that is not known yet

    assertThatThrownBy(this::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a newer agent wrote it");

    change(file, "UPDATE meta SET value = 3 WHERE name = 'format'");
    try (EdgeLog log = open()) {
      assertThat(values(log, A)).containsExactly("x");
    }
  }

  @Test
  void outcomeThatCannotBeToldDoesNotStopTheWriter() {
    try (EdgeLog log = open()) {
      offer(
          log,
          A,
          new byte[1],
          _ -> {
            throw new IllegalStateException("nobody is there");
          });
      commit(log, A, "next");

      assertThat(log.failed()).isNotDone();
      assertThat(log.ends()).containsEntry(A, 2L);
    }
  }

  @Test
  void queueIsBoundedByBytes() throws InterruptedException {
    var writerHeld = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try (EdgeLog log = open()) {
      offer(
          log,
          A,
          new byte[1],
          _ -> {
            writerHeld.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      writerHeld.await();
      int taken = 0;
      while (taken < 100 && offer(log, A, new byte[1 << 20], _ -> {})) {
        taken++;
      }
      assertThat(taken).isEqualTo(15); // of 16 MiB: each is a little larger than 1 MiB

      release.countDown();
      Awaitility.await().until(() -> log.ends().getOrDefault(A, 0L) == 16);
      commit(log, A, "there is room again");
    }
  }
}
