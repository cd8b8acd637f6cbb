package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.ByteSize;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EdgeLogTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final StreamPartition B = new StreamPartition("b", 0);
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(1024), Duration.ZERO, 8192);

  @TempDir Path folder;

  private EdgeLog open() {
    return open(folder, LogSettings.DEFAULTS);
  }

  private static EdgeLog open(Path path, LogSettings settings) {
    return EdgeLog.open(path, settings, new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private static CompletableFuture<Append.Outcome> append(
      EdgeLog log, StreamPartition partition, String value) {
    var outcome = new CompletableFuture<Append.Outcome>();
    boolean taken =
        log.offer(
            new Append(
                partition,
                "key".getBytes(StandardCharsets.UTF_8),
                value.getBytes(StandardCharsets.UTF_8),
                1_700_000_000_000L,
                ClockQuality.SYNCED,
                "topic/x",
                // Names that come again cost nothing: each its own, so that files fill.
                "client-" + value + "-".repeat(60),
                outcome::complete));
    assertThat(taken).isTrue();
    return outcome;
  }

  private static void appendAll(EdgeLog log, StreamPartition partition, int from, int to) {
    var outcomes = new ArrayList<CompletableFuture<Append.Outcome>>();
    for (int i = from; i < to; i++) {
      outcomes.add(append(log, partition, "v" + i));
    }
    outcomes.forEach(each -> assertThat(each.join()).isEqualTo(Append.Outcome.COMMITTED));
  }

  /** All that a partition gives from an offset on, as values; gaps as "gap first-next". */
  private static List<String> contents(EdgeLog log, StreamPartition partition, long from) {
    var found = new ArrayList<String>();
    long next = from;
    long end = log.ends().getOrDefault(partition, 0L);
    while (next < end) {
      LogSlice slice = log.read(partition, next, 300, 1 << 20);
      assertThat(slice.nextOffset()).isGreaterThan(next);
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

  @Test
  void offsetsAreDenseInEachPartitionAndOverRestarts() {
    try (EdgeLog log = open()) {
      for (int i = 0; i < 5; i++) {
        append(log, A, "a" + i).join();
        append(log, B, "b" + i).join();
      }
    }
    try (EdgeLog log = open()) {
      append(log, A, "a5").join();

      assertThat(log.ends()).isEqualTo(Map.of(A, 6L, B, 5L));
      assertThat(contents(log, A, 0))
          .containsExactly("0=a0", "1=a1", "2=a2", "3=a3", "4=a4", "5=a5");
      assertThat(contents(log, B, 3)).containsExactly("3=b3", "4=b4");
      assertThat(log.incarnations()).hasSize(2);
      assertThat(log.incarnations().getLast().firstOffsets()).isEqualTo(Map.of(A, 5L, B, 5L));
    }
  }

  @Test
  void epochStaysAndIncarnationsDiffer() {
    long epoch;
    long incarnation;
    try (EdgeLog log = open()) {
      epoch = log.epoch();
      incarnation = log.incarnations().getLast().id();
    }
    try (EdgeLog log = open()) {
      assertThat(log.epoch()).isEqualTo(epoch);
      assertThat(log.incarnations().getLast().id()).isNotEqualTo(incarnation);
    }
  }

  @Test
  void openingsThatABridgeMayKnowStayInTheList() {
    long sent = openOnce(log -> log.reach(true));
    long between = openOnce(_ -> {});
    long asked = openOnce(log -> log.reach(false));
    long newest = 0;
    for (int i = 0; i < 2 * StateRequest.MOST_INCARNATIONS; i++) {
      newest = openOnce(log -> append(log, A, "offline").join());
    }

    try (EdgeLog log = open(folder, SMALL_FILES)) {
      assertThat(log.incarnations())
          .hasSize(StateRequest.MOST_INCARNATIONS)
          .extracting(Incarnation::id)
          .startsWith(sent, asked)
          .contains(newest)
          .doesNotContain(between);
      Incarnation afterAsked = log.incarnations().get(2);
      assertThat(afterAsked.firstOffsets().getOrDefault(A, 0L))
          .as("what dropped ones wrote counts as written after the one that a bridge knows")
          .isZero();
    }
  }

  /** The opening's incarnation. */
  private long openOnce(Consumer<EdgeLog> work) {
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      work.accept(log);
      return log.incarnations().getLast().id();
    }
  }

  @Test
  void rollsIntoNewFilesAndReadsOverThem() throws IOException {
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      for (int round = 0; round < 4; round++) {
        int files = LogFolder.list(folder).size();
        appendAll(log, A, round * 1000, round * 1000 + 1000);
        Awaitility.await().until(() -> LogFolder.list(folder).size() > files);
      }
      append(log, B, "first of b").join();

      List<String> all = contents(log, A, 0);
      assertThat(all).hasSize(4000);
      assertThat(all.getFirst()).isEqualTo("0=v0");
      assertThat(all.get(3999)).isEqualTo("3999=v3999");
      assertThat(contents(log, A, 2500)).hasSize(1500);
    }
  }

  @Test
  void settledFilesAreDeletedFromTheFrontAndNumberingGoesOn() throws IOException {
    var settings =
        new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofKibibytes(1), Duration.ZERO, 8192);
    try (EdgeLog log = open(folder, settings)) {
      for (int round = 0; round < 4; round++) {
        int files = LogFolder.list(folder).size();
        appendAll(log, A, round * 1000, round * 1000 + 1000);
        Awaitility.await().until(() -> LogFolder.list(folder).size() > files);
      }
      assertThat(log.start(A)).isZero();

      log.settle(A, OffsetRanges.of(0, 4000));

      Awaitility.await().until(() -> LogFolder.list(folder).size() == 2);
      assertThat(log.start(A)).isGreaterThan(2000);
      assertThat(log.depth()).isZero();
    }
    try (EdgeLog log = open(folder, settings)) {
      assertThat(log.settled(A)).isEqualTo(OffsetRanges.of(0, 4000));
      append(log, A, "next").join();
      assertThat(log.ends()).containsEntry(A, 4001L);
    }
  }

  @Test
  void unsettledFilesStayWhateverRetentionAsks() throws IOException {
    var settings =
        new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofKibibytes(1), Duration.ZERO, 8192);
    try (EdgeLog log = open(folder, settings)) {
      for (int round = 0; round < 4; round++) {
        int files = LogFolder.list(folder).size();
        appendAll(log, A, round * 1000, round * 1000 + 1000);
        Awaitility.await().until(() -> LogFolder.list(folder).size() > files);
      }
      log.settle(A, OffsetRanges.of(10, 4000));

      assertThat(contents(log, A, 0)).hasSize(4000);
      assertThat(log.depth()).isEqualTo(10);
    }
  }

  /** A copy of the folder at any moment is what a power cut leaves: all told rows are in it. */
  @RepeatedTest(5)
  void copyTakenWhileWritingHoldsAllThatWasAcknowledged(@TempDir Path copy) throws IOException {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    int acknowledged = 0;
    // One file: a copy takes its time, and what is sealed meanwhile would be in neither half.
    try (EdgeLog log = open()) {
      var pending = new ArrayList<CompletableFuture<Append.Outcome>>();
      int total = 200 + random.nextInt(1500);
      for (int i = 0; i < total; i++) {
        pending.add(append(log, A, "v" + i));
      }
      pending.get(random.nextInt(total)).join();
      while (acknowledged < total && pending.get(acknowledged).isDone()) {
        acknowledged++;
      }
      copyFolder(folder, copy);
    }
    try (EdgeLog log = open(copy, SMALL_FILES)) {
      List<String> found = contents(log, A, 0);
      assertThat(found.size()).as("%s", seed).isGreaterThanOrEqualTo(acknowledged);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i)).as("%s", seed).isEqualTo(i + "=v" + i);
      }
    }
  }

  /** The write-ahead log first: what it holds must not be checkpointed away in between. */
  private static void copyFolder(Path from, Path to) throws IOException {
    try (var entries = Files.list(from)) {
      for (Path entry : entries.sorted(Comparator.comparing(EdgeLogTest::copyRank)).toList()) {
        if (!entry.toString().endsWith("-shm") && Files.exists(entry)) {
          Files.copy(entry, to.resolve(entry.getFileName()));
        }
      }
    }
  }

  @Test
  void newEpochIsOnDiskWithWhatIsSettledAlsoInTheFileBefore() throws IOException {
    long begun;
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      appendAll(log, A, 0, 2_000);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> LogFolder.list(folder).size() > 1);
      long before = log.epoch();
      log.settle(A, OffsetRanges.of(0, 700));

      begun = log.beginEpoch().join();

      assertThat(begun).isNotEqualTo(before).isEqualTo(log.epoch());
    }
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      assertThat(log.epoch()).isEqualTo(begun);
      assertThat(log.settled(A)).isEqualTo(OffsetRanges.of(0, 700));
    }
    // The active file is lost: the one before knows the epoch, too.
    Files.write(LogFolder.list(folder).getLast(), new byte[4096]);
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      assertThat(log.epoch()).isEqualTo(begun);
      assertThat(log.settled(A)).isEqualTo(OffsetRanges.of(0, 700));
    }
  }

  private static String copyRank(Path path) {
    String name = path.getFileName().toString();
    return name.endsWith("-wal") ? "1" + name : "0" + name;
  }

  @Test
  void lostActiveFileIsPutAsideAndItsOffsetsNeverComeAgain() throws IOException {
    Path newest = twoFiles();
    destroy(newest);

    try (EdgeLog log = open(folder, SMALL_FILES)) {
      append(log, A, "after").join();

      List<String> found = contents(log, A, 0);
      assertThat(found).hasSize(1002);
      assertThat(found.get(999)).isEqualTo("999=v999");
      assertThat(found.get(1000)).isEqualTo("gap 1000-1100 corrupt");
      assertThat(found.get(1001)).isEqualTo("1100=after");
      assertThat(Files.exists(Path.of(newest + ".corrupt"))).isTrue();
    }
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      assertThat(contents(log, A, 0)).hasSize(1002);
    }
  }

  @Test
  void ifNothingTellsHowFarALostFileWentItsOffsetsNeverComeAgainEither() throws IOException {
    destroy(twoFiles());
    Files.delete(folder.resolve("log.end"));

    try (EdgeLog log = open(folder, SMALL_FILES)) {
      append(log, A, "after").join();

      List<String> found = contents(log, A, 0);
      assertThat(found).hasSize(1002);
      assertThat(found.get(1000)).startsWith("gap 1000-").endsWith("corrupt");
      assertThat(found.get(1001)).endsWith("=after");
      assertThat(log.ends()).hasEntrySatisfying(A, end -> assertThat(end).isGreaterThan(1L << 32));
    }
  }

  @Test
  void lostFirstPagesCostNoReading() throws IOException {
    Path newest = twoFiles();
    for (Path file : LogFolder.list(folder)) {
      Files.write(file, new byte[4096], StandardOpenOption.WRITE); // SQLite refuses it
    }

    try (EdgeLog log = open(folder, SMALL_FILES)) {
      append(log, A, "after").join();

      List<String> found = contents(log, A, 0);
      assertThat(found).hasSize(1101).noneMatch(each -> each.startsWith("gap"));
      assertThat(found.getLast()).isEqualTo("1100=after");
      assertThat(Files.exists(Path.of(newest + ".corrupt"))).isTrue();
    }
  }

  /** Of 1000 readings, and the newest of 100. */
  private Path twoFiles() throws IOException {
    try (EdgeLog log = open()) {
      appendAll(log, A, 0, 1000);
    }
    try (EdgeLog log = open(folder, SMALL_FILES)) {
      Awaitility.await().until(() -> LogFolder.list(folder).size() == 2); // it is too large now
      appendAll(log, A, 1000, 1100);
    }
    return LogFolder.list(folder).getLast();
  }

  private static void destroy(Path file) throws IOException {
    Files.write(file, new byte[(int) Files.size(file)], StandardOpenOption.WRITE);
  }

  @Test
  void damagedOnlyFileBeginsANewLife() throws IOException {
    long epoch;
    try (EdgeLog log = open()) {
      appendAll(log, A, 0, 10);
      epoch = log.epoch();
    }
    Path only = LogFolder.list(folder).getLast();
    Files.write(only, "not a database at all".getBytes(StandardCharsets.UTF_8));

    try (EdgeLog log = open()) {
      append(log, A, "anew").join();

      assertThat(log.epoch()).isNotEqualTo(epoch);
      assertThat(contents(log, A, 0)).containsExactly("0=anew");
    }
  }

  @Test
  void lostSealedFileBecomesAGap() throws IOException {
    twoFiles();
    destroy(LogFolder.list(folder).getFirst());

    try (EdgeLog log = open(folder, SMALL_FILES)) {
      List<String> found = contents(log, A, 0);

      assertThat(found).hasSize(101);
      assertThat(found.getFirst()).isEqualTo("gap 0-1000 corrupt");
      assertThat(found.getLast()).isEqualTo("1099=v1099");
    }
  }

  @Test
  void fileWithoutItsFirstTransactionIsBegunAnew() throws IOException {
    try (EdgeLog log = open()) {
      appendAll(log, A, 0, 3);
    }
    Files.createFile(folder.resolve("00000000000000000099" + LogFile.SUFFIX));

    try (EdgeLog log = open()) {
      appendAll(log, A, 3, 4);
      assertThat(contents(log, A, 0)).hasSize(4);
    }
  }

  @Test
  void closedLogRefusesAndTellsSo() {
    EdgeLog log = open();
    log.close();

    assertThat(append(log, A, "late").join()).isEqualTo(Append.Outcome.FAILED);
  }
}
