package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.Capture;
import io.headwater.process.ByteSize;
import io.headwater.testsupport.PowerCutDisk;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * When readings of each class are acknowledged, when they may leave, and what a power cut takes.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DurabilityTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final Duration NEVER = Duration.ofHours(1);

  @TempDir private Path place;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private EdgeLog open(Path folder, Duration syncInterval, int fileKibibytes) {
    LogSettings base = LogSettings.DEFAULTS;
    return EdgeLog.open(
        folder,
        new LogSettings(
            ByteSize.ofKibibytes(fileKibibytes),
            base.retention(),
            Duration.ZERO,
            base.queue(),
            base.sessionBacklog(),
            syncInterval),
        new EdgeLogMetrics(registry));
  }

  private EdgeLog open(Duration syncInterval) {
    return open(place.resolve("log"), syncInterval, 1 << 16);
  }

  private static CompletableFuture<Append.Outcome> append(
      EdgeLog log, Durability durability, String value) {
    var outcome = new CompletableFuture<Append.Outcome>();
    assertThat(
            log.offer(
                new Append(
                    A,
                    null,
                    value.getBytes(StandardCharsets.UTF_8),
                    Capture.ofWall(1, ClockQuality.SYNCED),
                    "t",
                    "c",
                    null,
                    durability,
                    List.of(),
                    outcome::complete)))
        .isTrue();
    return outcome;
  }

  /** What a forwarder could send now. */
  private static List<String> leaving(EdgeLog log) {
    var found = new ArrayList<String>();
    long next = 0;
    while (next < log.ends().getOrDefault(A, 0L)) {
      LogSlice slice = log.read(A, next, 500, 1 << 20);
      for (UplinkRecord record : slice.records()) {
        found.add(record.offset() + "=" + new String(record.value(), StandardCharsets.UTF_8));
      }
      next = slice.nextOffset();
    }
    return found;
  }

  private double commits(String kind) {
    return registry.get("edge.log.commits").tag("kind", kind).counter().count();
  }

  @Test
  void whatIsNotForcedToDiskDoesNotLeaveTheDevice() {
    try (EdgeLog log = open(NEVER)) {
      assertThat(append(log, Durability.FSYNC, "1").join()).isEqualTo(Append.Outcome.COMMITTED);
      assertThat(append(log, Durability.INTERVAL, "2").join()).isEqualTo(Append.Outcome.COMMITTED);

      assertThat(log.rows(1, 10, 1000).rows()).as("for local subscribers").hasSize(2);
      assertThat(log.forcedRows(1, 10, 1000).rows()).as("for other brokers").hasSize(1);
      assertThat(leaving(log)).as("for the hub").containsExactly("0=1");
      assertThat(registry.get("edge.log.unforced").gauge().value()).isEqualTo(1);

      append(log, Durability.FSYNC, "3").join();

      assertThat(leaving(log)).containsExactly("0=1", "1=2", "2=3");
      assertThat(log.forcedRows(1, 10, 1000).rows()).hasSize(3);
      assertThat(commits("normal")).isEqualTo(1);
      assertThat(commits("full")).isEqualTo(2);
    }
  }

  @Test
  void timeForcesWhatNothingElseDoes() {
    try (EdgeLog log = open(Duration.ofMillis(50))) {
      append(log, Durability.INTERVAL, "1").join();
      append(log, Durability.MEMORY, "2");

      Awaitility.await().until(() -> leaving(log).equals(List.of("0=1", "1=2")));
      assertThat(commits("interval") + commits("full")).isPositive();
    }
  }

  @Test
  void memoryIsAcknowledgedBeforeItsCommit() throws InterruptedException {
    var held = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try (EdgeLog log = open(NEVER)) {
      log.onCommit(() -> {
        held.countDown();
        try {
          release.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
      append(log, Durability.FSYNC, "1");
      held.await();

      assertThat(append(log, Durability.MEMORY, "2")).isCompletedWithValue(Append.Outcome.QUEUED);
      CompletableFuture<Append.Outcome> later = append(log, Durability.INTERVAL, "3");
      assertThat(later).isNotDone();
      assertThat(log.rows(1, 10, 1000).rows()).hasSize(1);

      release.countDown();
      assertThat(later.join()).isEqualTo(Append.Outcome.COMMITTED);
      assertThat(log.rows(1, 10, 1000).rows()).hasSize(3);
    }
  }

  @Test
  void commitOfNothingForcesAlsoWhatWasLeft() {
    try (EdgeLog log = open(NEVER)) {
      append(log, Durability.INTERVAL, "1").join();
      var asked = new CompletableFuture<StateWrite.Result>();
      log.write(new StateWrite(List.of(), "nobody", asked::complete));
      asked.join();

      assertThat(leaving(log)).containsExactly("0=1");
      // A mark: without it there would have been nothing to force the first row with.
      assertThat(mark(place.resolve("log"))).isPositive();
    }
  }

  private static long mark(Path folder) {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LogFolder.list(folder).getLast());
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery("SELECT count(*) FROM meta WHERE name = 'mark'")) {
      return found.next() ? found.getLong(1) : 0;
    } catch (SQLException | IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void closingForcesTheRest() {
    try (EdgeLog log = open(NEVER)) {
      append(log, Durability.INTERVAL, "1").join();
    }
    try (EdgeLog log = open(NEVER)) {
      assertThat(leaving(log)).containsExactly("0=1");
    }
  }

  /** What is known at the moment of a power cut, and the disk that it leaves. */
  private record Cut(PowerCutDisk disk, List<String> left, Set<String> acknowledged) {
    /** Starts on the disk and returns what a forwarder could send then. */
    List<String> restarted(DurabilityTest test) {
      try (EdgeLog log = test.open(disk.folder().resolve("log"), NEVER, 512)) {
        return leaving(log);
      }
    }
  }

  /**
   * Whatever a forwarder could have sent, and whatever of class fsync was acknowledged, is there
   * after a power cut, under the same offset.
   */
  @Test
  void powerCutsTakeNothingThatHasLeftOrWasForced() {
    Seed seed = Seed.next();
    var random = seed.random();
    Set<String> forced = ConcurrentHashMap.newKeySet();
    var cuts = new ArrayList<Cut>();
    var untilCut = new AtomicInteger(random.nextInt(1, 60));
    try (PowerCutDisk disk = PowerCutDisk.make(place.resolve("before"), 64)) {
      try (EdgeLog log = open(disk.folder().resolve("log"), NEVER, 512)) {
        // On the writer's thread: nothing is written while the disk is copied.
        log.onCommit(() -> {
          if (untilCut.decrementAndGet() == 0) {
            cuts.add(cut(disk, cuts.size(), log, forced));
          }
        });
        for (int i = 0; i < 3000; i++) {
          Durability durability = Durability.values()[random.nextInt(3)];
          String value = i + "-" + "x".repeat(random.nextInt(200));
          CompletableFuture<Append.Outcome> outcome = append(log, durability, value);
          if (durability == Durability.FSYNC) {
            outcome.thenRun(() -> forced.add(value));
          }
          if (random.nextInt(20) == 0) {
            outcome.join();
          }
          if (i % 700 == 699) {
            // On a busy machine many readings are one commit.
            for (int more = 0; untilCut.get() > 0; more++) {
              append(log, Durability.INTERVAL, i + "-until it is cut " + more).join();
            }
            untilCut.set(random.nextInt(1, 30));
          }
        }
        untilCut.set(-1);
        append(log, Durability.FSYNC, "last of fsync").join();
        forced.add("last of fsync");
        cuts.add(cutWithRowsNotForced(disk, cuts.size(), log, forced));
      }
      assertThat(cuts).as("%s", seed).hasSizeGreaterThanOrEqualTo(5);
      for (Cut cut : cuts) {
        List<String> kept = cut.restarted(this);
        assertThat(kept).as("%s", seed).startsWith(cut.left().toArray(String[]::new));
        assertThat(kept.stream().map(each -> each.substring(each.indexOf('=') + 1)))
            .as("%s", seed)
            .containsAll(cut.acknowledged());
      }
      // Whatever the kernel writes down by itself, it has had no time for the newest.
      assertThat(cuts.getLast().restarted(this))
          .as("%s: the cut is one: what was not forced is gone", seed)
          .hasSameSizeAs(cuts.getLast().left());
    } finally {
      cuts.forEach(cut -> cut.disk().close());
    }
  }

  /** A new file forces what came before, which may happen at any moment: then once more. */
  private Cut cutWithRowsNotForced(PowerCutDisk disk, int number, EdgeLog log, Set<String> forced) {
    for (int more = 0; ; more++) {
      append(log, Durability.INTERVAL, "not forced " + more).join();
      long end = log.endSeq();
      if (log.committedSeq() >= end + 3) {
        Cut cut = cut(disk, number + more, log, forced);
        if (log.endSeq() == end) {
          return cut;
        }
        cut.disk().close();
      }
      assertThat(more).as("readings that were not forced for long").isLessThan(100);
    }
  }

  private Cut cut(PowerCutDisk disk, int number, EdgeLog log, Set<String> forced) {
    return new Cut(disk.cut(place.resolve("after-" + number)), leaving(log), Set.copyOf(forced));
  }
}
