package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.ByteSize;
import io.headwater.testsupport.SmallFileSystem;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A full log under each policy, for some seconds; {@code -Dheadwater.full-disk=PT1H} is the hour
 * that is promised, {@code -Dheadwater.seed} another run.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class FullDiskTest {
  private static final Duration FULL =
      Duration.parse(System.getProperty("headwater.full-disk", "PT2S"));

  /** For more than some seconds the load is a device's: some 200 readings a second. */
  private static final Duration PAUSE =
      FULL.compareTo(Duration.ofMinutes(1)) < 0 ? Duration.ZERO : Duration.ofMillis(250);

  private static final long SEED = Long.getLong("headwater.seed", System.nanoTime());
  private static final int MOST_STAYING = 10_000;
  private static final ByteSize RESERVE = ByteSize.ofMebibytes(1);

  @TempDir private Path folder;

  /** Of the log that was opened last. */
  private SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private static LogSettings settings(Optional<ByteSize> limit, int free, int scarce) {
    return settings(
        ByteSize.ofKibibytes(256),
        new SpaceSettings(
            limit, ByteSize.ofKibibytes(free), RESERVE, ByteSize.ofKibibytes(scarce)));
  }

  private static LogSettings settings(ByteSize fileSize, SpaceSettings space) {
    return new LogSettings(
        fileSize,
        ByteSize.ofMebibytes(1024),
        Duration.ZERO,
        8192,
        ByteSize.ofMebibytes(1024),
        Duration.ofSeconds(1),
        Optional.empty(),
        space,
        FlashBudget.NONE);
  }

  private static final LogSettings LIMITED =
      settings(Optional.of(ByteSize.ofMebibytes(16)), 0, 1024);

  private EdgeLog open(Path where, LogSettings settings) {
    registry = new SimpleMeterRegistry();
    return EdgeLog.open(where, settings, new EdgeLogMetrics(registry));
  }

  private static void fill(FullLog readings, WhenFull policy) {
    while (readings.append(policy, 20_000).isTaken()) {
      // Until it is refused.
    }
  }

  /** For as long as it is to be full: readings of all kinds, and now and then a critical one. */
  private static void goOn(FullLog readings, WhenFull policy, SplittableRandom random) {
    long until = System.nanoTime() + FULL.toNanos();
    var underWay = new ArrayList<CompletableFuture<Append.Outcome>>();
    int criticalBytes = 0;
    while (System.nanoTime() - until < 0) {
      for (int i = 0; i < 50; i++) {
        String key = "k" + random.nextInt(3);
        underWay.add(readings.offer(policy, key, 100 + random.nextInt(10_000)));
        // Too many of those that stay would leave nothing to be given up.
        if (random.nextInt(10) == 0 && readings.acknowledged(WhenFull.REJECT) < MOST_STAYING) {
          underWay.add(readings.offer(WhenFull.REJECT, key, 100 + random.nextInt(100)));
        }
      }
      if (criticalBytes < RESERVE.bytes() / 8) {
        criticalBytes += 200;
        assertThat(readings.append(WhenFull.CRITICAL, 200).isTaken())
            .as("a critical reading after %d bytes of them", criticalBytes)
            .isTrue();
      }
      underWay.forEach(CompletableFuture::join);
      underWay.clear();
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reject", "drop-oldest", "drop-newest", "decimate 5", "critical"})
  void eachPolicyKeepsItsPromiseWhileTheLogIsFull(String text) {
    WhenFull policy = WhenFull.parse(text);
    var random = new SplittableRandom(SEED);
    EdgeLog log = open(folder, LIMITED);
    try {
      var readings = new FullLog(log, SEED);
      if (policy.mayBeDropped()) {
        while (readings.acknowledged(policy) < 1000) {
          readings.append(policy, 20_000);
        }
      } else {
        fill(readings, WhenFull.REJECT);
        assertThat(log.fullness().orElseThrow()).contains("log.space.limit", "refused");
      }
      goOn(readings, policy.equals(WhenFull.CRITICAL) ? WhenFull.REJECT : policy, random);

      readings.check();
      if (!policy.equals(WhenFull.REJECT) && !policy.equals(WhenFull.CRITICAL)) {
        assertThat(readings.found(policy).given(GapReason.DISK_FULL)).isPositive();
        assertThat(readings.refused(policy)).as("seed %d", SEED).isZero();
      }
      assertThat(bytes()).as("seed %d: the limit", SEED).isLessThan((16 << 20) + (1 << 20));

      log.close();
      log = open(folder, LIMITED);
      readings.reopened(log);
      readings.check();

      isNormalAgain(log, readings, policy);
    } finally {
      log.close();
    }
  }

  private long bytes() {
    try (var files = Files.list(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The hub has taken all: the log takes any reading, and the reserve is whole. */
  private void isNormalAgain(EdgeLog log, FullLog readings, WhenFull policy) {
    readings.settleAll();
    Awaitility.await("room")
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            readings.append(WhenFull.REJECT, 100).isTaken()
                && registry.get("edge.log.full").gauge().value() == 0
                && registry.get("edge.log.room").gauge().value() > 1 << 20);
    assertThat(log.fullness()).isEmpty();
    Awaitility.await("the whole reserve")
        .until(() -> Files.size(folder.resolve("reserve")) == RESERVE.bytes());
    long last = log.ends().getOrDefault(FullLog.partition(policy), 0L);
    for (int i = 0; i < 20; i++) {
      assertThat(readings.append(policy, 100)).isEqualTo(Append.Outcome.COMMITTED);
    }
    long next = last;
    while (next < last + 20) { // a new file may have begun in between
      LogSlice after = log.read(FullLog.partition(policy), next, 500, 1 << 20);
      assertThat(after.gaps()).as("seed %d", SEED).isEmpty();
      assertThat(after.records()).as("seed %d", SEED).isNotEmpty();
      next = after.nextOffset();
    }
  }

  @Test
  void readingsThatMustStayAreCarriedOverWhenOthersOfTheirFilesAreGivenUp() throws IOException {
    var random = new SplittableRandom(SEED);
    try (EdgeLog log = open(folder, LIMITED)) {
      var readings = new FullLog(log, SEED);
      for (int i = 0; i < 10_000; i++) {
        CompletableFuture<Append.Outcome> last =
            readings.offer(WhenFull.DROP_OLDEST, "k", 100 + random.nextInt(5000));
        if (random.nextInt(100) == 0) {
          last = readings.offer(WhenFull.REJECT, "k", 100);
        }
        if (i % 100 == 0) {
          last.join();
        }
      }
      readings.append(WhenFull.DROP_OLDEST, 100);

      readings.check();
      assertThat(readings.refused(WhenFull.DROP_OLDEST)).as("seed %d", SEED).isZero();
      assertThat(readings.refused(WhenFull.REJECT)).as("seed %d", SEED).isZero();
      assertThat(readings.found(WhenFull.DROP_OLDEST).given(GapReason.DISK_FULL))
          .as("seed %d", SEED)
          .isGreaterThan(3_000);
      assertThat(
              registry
                  .get("edge.log.discarded")
                  .tags("policy", "drop-oldest", "reason", "disk-full")
                  .counter()
                  .count())
          .isEqualTo((double) readings.found(WhenFull.DROP_OLDEST).given(GapReason.DISK_FULL));
      assertThat(LogFolder.list(folder).size()).as("seed %d", SEED).isLessThan(60);
    }
  }

  @Test
  void whileRoomIsScarceOneOfSomeIsKeptOfEachKey() {
    LogSettings scarce = settings(Optional.of(ByteSize.ofMebibytes(16)), 0, 16384);
    WhenFull policy = WhenFull.decimate(4);
    try (EdgeLog log = open(folder, scarce)) {
      var readings = new FullLog(log, SEED);
      for (int i = 0; i < 100; i++) {
        readings.offer(policy, "a", 10);
        readings.offer(policy, "b", 10);
        readings.offer(WhenFull.REJECT, "a", 10);
      }
      readings.append(WhenFull.REJECT, 10);

      readings.check();
      FullLog.Found found = readings.found(policy);
      assertThat(found.numbers()).hasSize(50);
      assertThat(found.numbers()).startsWith(0L, 1L, 12L, 13L);
      assertThat(found.given(GapReason.DECIMATED)).isEqualTo(150);
    }
  }

  @Test
  void thinningOutWritesNoMoreWithEachGap() throws Exception {
    LogSettings scarce = settings(Optional.of(ByteSize.ofMebibytes(16)), 0, 16384);
    try (EdgeLog log = open(folder, scarce)) {
      var readings = new FullLog(log, SEED);
      for (int i = 0; i < 1000; i++) {
        readings.append(WhenFull.decimate(2), 10); // a commit each, and a gap for every other
      }
      readings.check();
    }
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LogFolder.list(folder).getFirst());
        Statement statement = connection.createStatement()) {
      try (ResultSet gaps = statement.executeQuery("SELECT count(*) FROM gap")) {
        assertThat(gaps.getInt(1)).isGreaterThan(400);
      }
      try (ResultSet copy = statement.executeQuery("SELECT length(copy) FROM life")) {
        assertThat(copy.getInt(1)).as("bytes written anew with a change").isLessThan(1000);
      }
    }
  }

  @Test
  void diskThatOthersFillStopsOnlyWhatMayStop() throws IOException {
    Path small = folder.resolve("small");
    // A sixteenth of the disk is the reserve.
    try (SmallFileSystem disk = SmallFileSystem.mount(small, 16)) {
      EdgeLog log = open(small, settings(Optional.empty(), 0, 0));
      try {
        var readings = new FullLog(log, SEED);
        for (int i = 0; i < 500; i++) {
          readings.append(WhenFull.DROP_OLDEST, 2000);
          readings.append(WhenFull.REJECT, 100);
        }
        assertThat(Files.size(small.resolve("reserve"))).isEqualTo(RESERVE.bytes());
        disk.fill();
        // What must stay of any file fits into a quarter of the reserve: none is passed over.
        for (int i = 0; i < 200; i++) {
          readings.append(WhenFull.REJECT, 500);
          readings.append(WhenFull.DROP_OLDEST, 4000);
          assertThat(readings.append(WhenFull.DROP_NEWEST, 500).isTaken()).isTrue();
          assertThat(readings.append(WhenFull.CRITICAL, 200).isTaken()).as("%d", i).isTrue();
        }
        readings.check();

        log.close();
        log = open(small, settings(Optional.empty(), 0, 0)); // a start on a full disk
        readings.reopened(log);
        readings.check();
        assertThat(readings.append(WhenFull.CRITICAL, 200).isTaken()).isTrue();

        disk.free();
        Awaitility.await("room")
            .atMost(Duration.ofSeconds(20))
            .until(() -> readings.append(WhenFull.REJECT, 2000).isTaken());
        Awaitility.await("the whole reserve")
            .until(() -> Files.size(small.resolve("reserve")) == RESERVE.bytes());
        readings.check();
        assertThat(log.failed()).isNotDone();
      } finally {
        log.close();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"100, 20000", "400, 3000"})
  void diskThatOthersFillLetsTheOldestGoThoughThereIsOneFile(int before, int size)
      throws IOException {
    Path small = folder.resolve("small");
    LogSettings big = settings(ByteSize.ofMebibytes(64), SpaceSettings.DEFAULTS);
    try (SmallFileSystem disk = SmallFileSystem.mount(small, 24)) {
      EdgeLog log = open(small, big);
      try {
        var readings = new FullLog(log, SEED);
        for (int i = 0; i < before; i++) {
          readings.append(WhenFull.DROP_OLDEST, size);
          if (i % 20 == 0) {
            readings.append(WhenFull.REJECT, 10);
          }
        }
        assertThat(LogFolder.list(small)).hasSize(1);
        disk.fill();
        for (int i = 0; i < 3 * before; i++) {
          readings.append(WhenFull.DROP_OLDEST, size);
          assertThat(readings.append(WhenFull.CRITICAL, 10).isTaken()).as("%d", i).isTrue();
        }
        readings.check();
        assertThat(readings.refused(WhenFull.DROP_OLDEST)).as("seed %d", SEED).isZero();
        assertThat(readings.found(WhenFull.DROP_OLDEST).numbers()).as("seed %d", SEED).isNotEmpty();

        log.close();
        log = open(small, big);
        readings.reopened(log);
        readings.check();
      } finally {
        log.close();
      }
    }
  }

  /** What takes the place of a file that was given up has all that the log begins with. */
  @Test
  void activeFileIsLostAfterTheOneBeforeItWasGivenUp() throws IOException {
    Path small = folder.resolve("small");
    LogSettings big = settings(ByteSize.ofMebibytes(64), SpaceSettings.DEFAULTS);
    try (SmallFileSystem disk = SmallFileSystem.mount(small, 24)) {
      Map<StreamPartition, Long> ends;
      List<Incarnation> openings;
      long epoch;
      long given;
      try (EdgeLog log = open(small, big)) {
        openSession(log);
        var readings = new FullLog(log, SEED);
        for (int i = 0; i < 100; i++) {
          readings.append(WhenFull.DROP_OLDEST, 20_000);
        }
        disk.fill();
        while (readings.found(WhenFull.DROP_OLDEST).given(GapReason.DISK_FULL) == 0) {
          readings.append(WhenFull.DROP_OLDEST, 20_000);
        }
        assertThat(LogFolder.list(small)).as("what was given up, and the active one").hasSize(2);
        given = readings.found(WhenFull.DROP_OLDEST).given(GapReason.DISK_FULL);
        ends = log.ends();
        openings = log.incarnations();
        epoch = log.epoch();
      }
      disk.free();
      Path active = LogFolder.list(small).getLast();
      Files.write(active, new byte[(int) Files.size(active)], StandardOpenOption.WRITE);

      try (EdgeLog log = open(small, big)) {
        assertThat(log.sessions()).extracting(StoredSession::client).containsExactly("client");
        assertThat(log.incarnations()).containsAll(openings);
        assertThat(log.epoch()).isEqualTo(epoch);
        var readings = new FullLog(log, SEED);
        readings.append(WhenFull.DROP_OLDEST, 100);
        ends.forEach((partition, end) ->
            assertThat(log.ends().get(partition)).as("%s", partition).isGreaterThan(end));
        assertThat(readings.found(WhenFull.DROP_OLDEST).given(GapReason.DISK_FULL))
            .isEqualTo(given);
      }
    }
  }

  private static void openSession(EdgeLog log) {
    var written = new CompletableFuture<StateWrite.Result>();
    log.write(
        new StateWrite(
            List.of(new StateChange.OpenSession("client", 3600, new byte[] {1})),
            null,
            written::complete));
    assertThat(written.join().outcome()).isEqualTo(Append.Outcome.COMMITTED);
  }

  @Test
  void stopWhileAFileIsGivenUpLosesNothingMoreAndDoublesNoGap() throws IOException {
    FullLog readings;
    try (EdgeLog log = open(folder, LIMITED)) {
      readings = new FullLog(log, SEED);
      for (int i = 0; i < 2500; i++) {
        readings.offer(i % 50 == 0 ? WhenFull.REJECT : WhenFull.DROP_OLDEST, "k", 8000);
        if (i % 100 == 0) {
          readings.append(WhenFull.DROP_OLDEST, 8000);
        }
      }
      readings.append(WhenFull.DROP_OLDEST, 8000);
      readings.check();
    }
    List<Path> files = LogFolder.list(folder);
    // As if the stop had come before what is left was renamed, and after that of two files.
    Files.copy(files.getFirst(), Path.of(files.getFirst() + ".unfinished"));
    Path second = files.get(1);
    var again = new FileRemainsStop(folder);
    again.mergeAndStop(files.getFirst(), second, files.get(2));

    try (EdgeLog log = open(folder, LIMITED)) {
      readings.reopened(log);
      assertThat(Path.of(files.getFirst() + ".unfinished")).doesNotExist();
      readings.check();
      for (int i = 0; i < 2500; i++) {
        readings.append(WhenFull.DROP_OLDEST, 8000);
      }
      readings.check();
    }
  }
}
