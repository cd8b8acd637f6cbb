package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.ByteSize;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A bit flips in any file of a log, also in the write-ahead log that a SIGKILL leaves: the agent
 * starts, no reading is wrong, and those that are lost are told, no more and no fewer.
 *
 * <p>{@code -Dheadwater.flips=N} tries more places, {@code all} every byte of every file.
 */
class FlippedBitTest {
  private static final StreamPartition ALPHA = new StreamPartition("alpha", 0);
  private static final StreamPartition BETA = new StreamPartition("beta", 1);
  private static final OffsetRanges SETTLED = OffsetRanges.of(0, 3);
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(1024), Duration.ZERO, 8192);

  /** The highest offset that is looked at one by one; a gap of unknown length goes on. */
  private static final int FAR = 10_000;

  @TempDir private Path folder;

  /** Where a bit flips. */
  private record Place(String file, int at, int bit) {}

  private static final int PAGE = 4096;

  /** What can be read of a log. */
  private record Contents(
      long epoch,
      OffsetRanges settled,
      Map<StreamPartition, Long> ends,
      Map<String, String> rows,
      Set<String> gaps) {

    static Contents of(EdgeLog log) {
      var rows = new TreeMap<String, String>();
      var gaps = new TreeSet<String>();
      log.ends()
          .forEach((partition, end) -> {
            for (long next = 0; next < end; ) {
              LogSlice slice = log.read(partition, next, 500, 1 << 20);
              assertThat(slice.nextOffset())
                  .as("reading of %s goes on", partition)
                  .isGreaterThan(next);
              next = slice.nextOffset();
              for (UplinkRecord row : slice.records()) {
                rows.put(name(partition, row.offset()), text(row));
              }
              for (Gap gap : slice.gaps()) {
                assertThat(gap.reason()).isEqualTo(GapReason.CORRUPT);
                for (long lost = gap.firstOffset();
                    lost < Math.min(gap.nextOffset(), FAR);
                    lost++) {
                  gaps.add(name(partition, lost));
                }
              }
            }
          });
      return new Contents(log.epoch(), log.settled(ALPHA), log.ends(), rows, gaps);
    }

    private static String name(StreamPartition partition, long offset) {
      return partition + "@" + offset;
    }

    private static String text(UplinkRecord row) {
      return String.join(
          " ",
          new String(row.value(), StandardCharsets.UTF_8),
          row.mqttTopic(),
          row.mqttClient(),
          String.valueOf(row.capturedMs()),
          row.clock().toString());
    }
  }

  private static EdgeLog open(Path path) {
    return open(path, SMALL_FILES);
  }

  private static EdgeLog open(Path path, LogSettings settings) {
    return EdgeLog.open(path, settings, new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private static void append(EdgeLog log, int size) {
    int i = (int) log.endSeq();
    String value = ("value-" + i + " ").repeat(1 + size / 9);
    var done = new CompletableFuture<Append.Outcome>();
    log.offer(
        new Append(
            i % 2 == 0 ? ALPHA : BETA,
            null,
            value.getBytes(StandardCharsets.UTF_8),
            1000 + i,
            ClockQuality.SYNCED,
            "topic/" + i % 5,
            "client",
            done::complete));
    assertThat(done.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  /** A log of two files as a SIGKILL would leave it, in {@code to}. */
  private Contents write(Path to) throws IOException {
    Path live = folder.resolve("live");
    try (EdgeLog log = open(live)) {
      while (LogFolder.list(live).size() < 2) {
        append(log, 900);
      }
    }
    // No third file while they are copied.
    try (EdgeLog log = open(live, LogSettings.DEFAULTS)) {
      log.settle(ALPHA, SETTLED);
      for (int i = 0; i < 20; i++) {
        append(log, 9 + i * 50);
      }
      // The ranges are written once a second, by a commit of their own.
      do {
        copy(live, to);
      } while (!holds(to, SETTLED));
      return Contents.of(log);
    }
  }

  /** Whether a copy holds these settled ranges; it is copied once more, as opening changes it. */
  private boolean holds(Path copied, OffsetRanges settled) throws IOException {
    Path opened = folder.resolve("opened");
    copy(copied, opened);
    try (EdgeLog log = open(opened)) {
      return log.settled(ALPHA).equals(settled);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> old = Files.list(to)) {
      for (Path file : old.toList()) {
        Files.delete(file);
      }
    }
    for (Path file : files(from)) {
      Files.copy(file, to.resolve(file.getFileName()));
    }
  }

  /** Those that hold something: SQLite makes its index anew, and the reserve is noise. */
  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> !file.toString().endsWith("-shm") && !file.endsWith("reserve"))
          .filter(file -> file.toFile().length() > 0)
          .sorted()
          .toList();
    }
  }

  private static List<Place> places(Path log, RandomGenerator random) throws IOException {
    String wanted = System.getProperty("headwater.flips", "200");
    var places = new ArrayList<Place>();
    List<Path> files = files(log);
    for (Path file : files) {
      int size = (int) Files.size(file);
      String name = file.getFileName().toString();
      if (wanted.equals("all")) {
        for (int at = 0; at < size; at++) {
          places.add(new Place(name, at, random.nextInt(8)));
        }
      } else {
        for (int i = 0; i < Integer.parseInt(wanted) / files.size(); i++) {
          places.add(new Place(name, random.nextInt(size), random.nextInt(8)));
        }
        if (name.endsWith(".edgelog")) {
          for (int page = PAGE; page < size; page += PAGE) {
            places.add(new Place(name, page, 3)); // its kind: a leaf that is none
            places.add(new Place(name, page + 4, 6)); // how much it holds: 64 things too many
          }
        }
      }
    }
    Collections.shuffle(places, java.util.Random.from(random));
    return places;
  }

  @Test
  void lossIsToldAndNothingIsWrong() throws Exception {
    Path whole = folder.resolve("whole");
    Contents before = write(whole);
    assertThat(files(whole)).as("two files, what is ahead of the second, the end").hasSize(4);
    Seed seed = Seed.next();
    RandomGenerator random = seed.random();
    Path damaged = folder.resolve("damaged");
    int losses = 0;
    for (Place place : places(whole, random)) {
      copy(whole, damaged);
      Path file = damaged.resolve(place.file());
      byte[] bytes = Files.readAllBytes(file);
      bytes[place.at()] ^= (byte) (1 << place.bit());
      Files.write(file, bytes);
      String what = place + ", " + seed;
      Contents after;
      try (EdgeLog log = open(damaged)) {
        after = Contents.of(log);
      } catch (RuntimeException e) {
        throw new AssertionError("does not start: " + what, e);
      }
      check(before, after, what);
      losses += after.gaps().isEmpty() ? 0 : 1;
    }
    assertThat(losses).as("flips that cost something").isPositive();
  }

  private static void check(Contents before, Contents after, String what) {
    assertThat(after.epoch()).as("epoch, %s", what).isEqualTo(before.epoch());
    assertThat(before.rows()).as("rows, %s", what).containsAllEntriesOf(after.rows());
    var lost = new TreeSet<>(before.rows().keySet());
    lost.removeAll(after.rows().keySet());
    assertThat(after.gaps()).as("told, %s", what).isEqualTo(lost);
    before
        .ends()
        .forEach((partition, end) ->
            assertThat(after.ends()).as("ends, %s", what).containsEntry(partition, end));
    assertThat(before.settled().union(after.settled()))
        .as("settled, %s", what)
        .isEqualTo(before.settled());
  }
}
