package io.headwater.hub.kafka.log;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.appendTransactional;
import static io.headwater.hub.kafka.log.Batches.endTransaction;
import static io.headwater.hub.kafka.log.Batches.idempotent;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the file engine makes of what a crash leaves behind. A crash is a copy of the folder taken
 * while the engine runs, with what was not forced damaged in the copy.
 */
@Timeout(60)
class FileLogRecoveryTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final Uuid TOPIC_ID = Uuid.randomUuid();

  private static final Disk FORCING = channel -> channel.force(false);

  @TempDir Path temp;
  private Path folder;
  private int crashes;

  @BeforeEach
  void start() {
    folder = temp.resolve("logs");
  }

  @Test
  void nothingIsLostWhenTheProcessIsKilled() throws Exception {
    try (var engine = open(folder)) {
      var log = log(engine);
      for (int i = 0; i < 50; i++) {
        append(log, "v" + i).durable().join();
      }
      appendTransactional(log, 9, 0, "open").durable().join();
      crash();
    }
    try (var engine = open(folder)) {
      var log = log(engine);
      assertThat(log.highWatermark()).isEqualTo(51);
      assertThat(readAll(log)).hasSize(51);
      assertThat(log.lastStableOffset()).isEqualTo(50);
      endTransaction(log, 9, ControlRecordType.COMMIT).durable().join();
      assertThat(readAll(log, 0, IsolationLevel.READ_COMMITTED)).hasSize(51);
    }
  }

  @Test
  void aBatchSentAgainAfterAKillIsStillADuplicate() throws Exception {
    try (var engine = open(folder)) {
      append(log(engine), idempotent(7, 0, "a")).durable().join();
      crash();
    }
    try (var engine = open(folder)) {
      assertThat(append(log(engine), idempotent(7, 0, "a")).duplicate()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 60, 61, 62, 200, 333})
  void aTornTailIsCutAtTheLastWholeBatch(int torn) throws Exception {
    var sizes = new ArrayList<Long>();
    try (var engine = open(folder)) {
      var log = log(engine);
      for (int i = 0; i < 20; i++) {
        append(log, "v" + i).durable().join();
        sizes.add(log.size());
      }
      crash();
    }
    long size = sizes.getLast() - torn;
    truncate(segment(), size);
    long whole = sizes.stream().filter(end -> end <= size).count();
    try (var engine = open(folder)) {
      var log = log(engine);
      assertThat(log.endOffset()).isEqualTo(whole);
      assertThat(log.highWatermark()).isEqualTo(whole);
      assertThat(append(log, "next").firstOffset()).isEqualTo(whole);
    }
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).hasSize((int) whole + 1).endsWith("next");
    }
  }

  @Test
  void garbageAtTheEndIsCutOff() throws Exception {
    Seed seed = Seed.next();
    try (var engine = open(folder)) {
      append(log(engine), "a", "b").durable().join();
      crash();
    }
    byte[] garbage = new byte[500];
    SplittableRandom random = seed.random();
    for (int i = 0; i < garbage.length; i++) {
      garbage[i] = (byte) random.nextInt();
    }
    Files.write(segment(), garbage, APPEND);
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).as("%s", seed).containsExactly("a", "b");
    }
  }

  @Test
  void zerosAtTheEndAreCutOff() throws Exception {
    try (var engine = open(folder)) {
      append(log(engine), "a").durable().join();
      crash();
    }
    Files.write(segment(), new byte[4096], APPEND);
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).containsExactly("a");
    }
  }

  @Test
  void whatWasForcedIsThereWhateverElseIsLost() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    for (int round = 0; round < 4; round++) {
      var forced = new HashMap<Path, Long>();
      var acknowledged = new ArrayList<String>();
      try (var engine = open(folder, forcing(forced))) {
        var log = log(engine, rolling());
        acknowledged.addAll(readAll(log));
        for (Path segment : segments()) { // opening made durable what was there
          forced.put(segment.getFileName(), Files.size(segment));
        }
        for (int i = 0; i < 300; i++) {
          String value = "r" + round + "-" + i + "x".repeat(random.nextInt(2_000));
          Appended appended = append(log, value);
          if (random.nextInt(5) == 0) {
            appended.durable().join();
          }
          acknowledged.add(value);
        }
        long highWatermark = log.highWatermark();
        acknowledged.subList((int) highWatermark, acknowledged.size()).clear();
        crash();
      }
      for (Path segment : segments()) {
        long kept = forced.getOrDefault(segment.getFileName(), 0L);
        long size = Files.size(segment);
        if (size > kept) {
          truncate(segment, kept + random.nextLong(size - kept + 1));
        }
      }
      if (random.nextBoolean()) {
        delete(folder.resolve("recovery-point-offset-checkpoint"));
      }
      try (var engine = open(folder, FORCING)) {
        var log = log(engine, rolling());
        List<String> recovered = readAll(log);
        assertThat(recovered.size())
            .as("round %d, %s", round, seed)
            .isGreaterThanOrEqualTo(acknowledged.size());
        // Not by AssertJ: its text would hold every value.
        assertThat(recovered.subList(0, acknowledged.size()).equals(acknowledged))
            .as("round %d, %s", round, seed)
            .isTrue();
      }
    }
  }

  @Test
  void lostCheckpointsCostTimeOnly() throws Exception {
    try (var engine = open(folder, FORCING)) {
      fill(log(engine, rolling()), 100);
    }
    for (String name :
        List.of(
            "recovery-point-offset-checkpoint",
            "log-start-offset-checkpoint",
            ".kafka_cleanshutdown")) {
      delete(folder.resolve(name));
    }
    try (var engine = open(folder, FORCING)) {
      assertThat(readAll(log(engine, rolling()))).hasSize(100);
    }
  }

  @Test
  void damagedCheckpointsCostTimeOnly() throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine), 10);
      crash();
    }
    Files.writeString(folder.resolve("recovery-point-offset-checkpoint"), "0\n77\nt zero");
    Files.writeString(folder.resolve("log-start-offset-checkpoint"), "");
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).hasSize(10);
      append(log(engine), "more").durable().join();
    }
  }

  @Test
  void lostAndDamagedIndexesAreBuiltAnew() throws Exception {
    try (var engine = open(folder, FORCING)) {
      fill(log(engine, rolling()), 200);
      crash();
    }
    boolean lose = false;
    for (Path index : files("index")) {
      lose = !lose;
      if (lose) {
        Files.delete(index);
      } else {
        Files.write(index, new byte[] {1, 2, 3, 4, 5});
      }
    }
    try (var engine = open(folder, FORCING)) {
      var log = log(engine, rolling());
      assertThat(readAll(log)).hasSize(200);
      assertThat(readAll(log, 150, IsolationLevel.READ_UNCOMMITTED)).hasSize(50);
    }
  }

  @Test
  void aTornIndexIsBuiltAnew() throws Exception {
    assertIndexesAreBuiltAnew(".index", index -> Files.write(index, new byte[] {1, 2, 3, 4, 5}));
  }

  @Test
  void aMissingIndexIsBuiltAnew() throws Exception {
    assertIndexesAreBuiltAnew(".index", Files::delete);
  }

  @Test
  void aMissingTimeIndexIsBuiltAnew() throws Exception {
    assertIndexesAreBuiltAnew(".timeindex", Files::delete);
  }

  @Test
  void aTornTimeIndexIsBuiltAnew() throws Exception {
    assertIndexesAreBuiltAnew(".timeindex", index -> Files.write(index, new byte[7]));
  }

  private interface Damage {
    void to(Path file) throws IOException;
  }

  private void assertIndexesAreBuiltAnew(String suffix, Damage damage) throws Exception {
    try (var engine = open(folder)) {
      var log = log(engine, rolling());
      for (int i = 0; i < 100; i++) {
        append(log, timed(1_000 + i, "v" + i + "x".repeat(500)));
      }
      append(log, timed(2_000, "last")).durable().join();
      crash();
    }
    List<Path> damaged = files(suffix);
    assertThat(damaged).hasSizeGreaterThan(2);
    for (Path index : damaged) {
      damage.to(index);
    }
    try (var engine = open(folder)) {
      var log = log(engine, rolling());
      assertThat(readAll(log)).hasSize(101);
      assertThat(readAll(log, 77, IsolationLevel.READ_UNCOMMITTED)).hasSize(24);
      assertThat(log.offsetForTimestamp(1_050, IsolationLevel.READ_UNCOMMITTED))
          .map(TimestampedOffset::offset)
          .contains(50L);
      append(log, "more").durable().join();
    }
  }

  private static MemoryRecords timed(long timestamp, String value) {
    return MemoryRecords.withRecords(Compression.NONE, Batches.record(timestamp, value, value));
  }

  @Test
  void aHalfMadeSegmentIsGoneOn() throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine), 10);
      crash();
    }
    Files.createFile(folder.resolve("t-0/00000000000000000010.log")); // no indexes, no bytes
    try (var engine = open(folder)) {
      var log = log(engine);
      assertThat(readAll(log)).hasSize(10);
      assertThat(append(log, "next").firstOffset()).isEqualTo(10);
    }
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).hasSize(11).endsWith("next");
    }
  }

  @Test
  void aHalfWrittenCleanedSegmentIsThrownAway() throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine, rolling()), 100);
      crash();
    }
    Path cleaned = folder.resolve("t-0/00000000000000000000.log.cleaned");
    Files.write(cleaned, new byte[100]);
    Files.write(folder.resolve("t-0/00000000000000000000.index.cleaned"), new byte[10]);
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine, rolling()))).hasSize(100);
    }
    assertThat(cleaned).doesNotExist();
  }

  @Test
  void aHalfDoneSwapOfACleanedSegmentIsFinished() throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine, rolling()), 100);
      crash();
    }
    // The cleaner has renamed its first file, and left those that it stands for.
    Path first = segments().getFirst();
    Path swap = Path.of(first + ".swap");
    byte[] whole = Files.readAllBytes(first);
    int batch = ByteBuffer.wrap(whole).getInt(8) + 12;
    Files.write(swap, Arrays.copyOfRange(whole, batch, whole.length));
    try (var engine = open(folder)) {
      var log = log(engine, rolling());
      assertThat(readAll(log)).hasSize(99).doesNotContain("first").startsWith(value(1));
      assertThat(log.endOffset()).isEqualTo(100);
    }
    assertThat(swap).doesNotExist();
  }

  @Test
  void aMissingMarkOfACleanStopCostsTimeOnly() throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine, rolling()), 100);
    }
    Files.delete(folder.resolve(".kafka_cleanshutdown"));
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine, rolling()))).hasSize(100);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"torn", "garbage", "zeros", "longer"})
  void aMarkOfACleanStopBesideADirtyLogIsNotBelieved(String dirt) throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine), 10);
    }
    Path segment = segment();
    byte[] whole = Files.readAllBytes(segment);
    switch (dirt) {
      case "torn" -> truncate(segment, whole.length - 7);
      case "garbage" -> Files.write(segment, "#".repeat(300).getBytes(UTF_8), APPEND);
      case "zeros" -> Files.write(segment, new byte[4096], APPEND);
      case "longer" -> {
        Path backup = Files.copy(folder.resolve(".kafka_cleanshutdown"), temp.resolve("mark"));
        Path points =
            Files.copy(folder.resolve("recovery-point-offset-checkpoint"), temp.resolve("points"));
        try (var engine = open(folder)) {
          append(log(engine), "later").durable().join();
          crash();
        }
        Files.copy(backup, folder.resolve(".kafka_cleanshutdown"));
        Files.copy(
            points,
            folder.resolve("recovery-point-offset-checkpoint"),
            StandardCopyOption.REPLACE_EXISTING);
        Files.write(segment(), new byte[10], APPEND);
      }
      default -> throw new IllegalArgumentException(dirt);
    }
    int expected = dirt.equals("torn") ? 9 : dirt.equals("longer") ? 11 : 10;
    try (var engine = open(folder)) {
      var log = log(engine);
      assertThat(log.endOffset()).isEqualTo(expected);
      assertThat(readAll(log)).hasSize(expected);
      assertThat(append(log, "next").firstOffset()).isEqualTo(expected);
    }
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).hasSize(expected + 1).endsWith("next");
    }
  }

  @Test
  void aMissingProducerSnapshotIsBuiltAnew() throws Exception {
    assertDuplicateIsKnownAfter(Files::delete);
  }

  @Test
  void aDamagedProducerSnapshotIsBuiltAnew() throws Exception {
    assertDuplicateIsKnownAfter(snapshot -> Files.writeString(snapshot, "no snapshot"));
  }

  private void assertDuplicateIsKnownAfter(Damage damage) throws Exception {
    try (var engine = open(folder)) {
      var log = log(engine, rolling());
      append(log, idempotent(7, 0, "a")).durable().join();
      fill(log, 100); // rolls, which takes snapshots
      append(log, idempotent(8, 0, "b")).durable().join();
      crash();
    }
    List<Path> snapshots = files(".snapshot");
    assertThat(snapshots).hasSizeGreaterThan(1);
    for (Path snapshot : snapshots) {
      damage.to(snapshot);
    }
    try (var engine = open(folder)) {
      var log = log(engine, rolling());
      assertThat(append(log, idempotent(7, 0, "a")).duplicate()).isTrue();
      assertThat(append(log, idempotent(8, 0, "b")).duplicate()).isTrue();
      assertThatThrownBy(() -> append(log, idempotent(8, 5, "c")))
          .isInstanceOf(OutOfOrderSequenceException.class);
      assertThat(append(log, idempotent(8, 1, "c")).duplicate()).isFalse();
    }
  }

  @Test
  void abortedRecordsStayHiddenWithoutTheTransactionIndex() throws Exception {
    try (var engine = open(folder)) {
      var log = log(engine);
      appendTransactional(log, 9, 0, "aborted");
      endTransaction(log, 9, ControlRecordType.ABORT);
      append(log, "plain").durable().join();
      crash();
    }
    List<Path> indexes = files(".txnindex");
    assertThat(indexes).isNotEmpty();
    for (Path index : indexes) {
      Files.delete(index);
    }
    try (var engine = open(folder)) {
      LogRead read = log(engine).read(0, 1 << 20, true, IsolationLevel.READ_COMMITTED);
      assertThat(read.abortedTransactions())
          .singleElement()
          .satisfies(aborted -> assertThat(aborted.producerId()).isEqualTo(9));
      assertThat(read.lastStableOffset()).isEqualTo(3);
    }
  }

  @Test
  void aCleanStopIsMarkedAndAFailedOneIsNot() throws Exception {
    Path mark = folder.resolve(".kafka_cleanshutdown");
    try (var engine = open(folder)) {
      append(log(engine), "a").durable().join();
      assertThat(mark).doesNotExist();
    }
    assertThat(mark).exists();
    var disk = new GatedDisk();
    try (var engine = open(folder, disk)) {
      disk.breakDown();
      append(log(engine), "b");
      assertThatThrownBy(() -> engine.failed().join()).hasMessageContaining("broken");
    }
    assertThat(mark).doesNotExist();
    try (var engine = open(folder)) {
      assertThat(readAll(log(engine))).startsWith("a");
    }
  }

  @Test
  void aStopBeforeEveryLogWasOpenedKeepsItsCheckpoints() throws Exception {
    try (var engine = open(folder)) {
      fill(log(engine), 10);
      log(engine).deleteBefore(5).join();
      crash();
    }
    try (var _ = open(folder)) {
      // stopped while starting
    }
    assertThat(folder.resolve(".kafka_cleanshutdown")).doesNotExist();
    try (var engine = open(folder)) {
      assertThat(log(engine).startOffset()).isEqualTo(5);
      assertThat(log(engine).endOffset()).isEqualTo(10);
    }
  }

  @Test
  void anInterruptedDeletionIsFinishedAtTheNextStart() throws Exception {
    try (var engine = open(folder)) {
      append(log(engine), "a").durable().join();
      engine.delete(PARTITION); // its files would stay for a minute
    }
    try (var directories = Files.list(folder)) {
      assertThat(directories).anyMatch(path -> path.toString().endsWith("-delete"));
    }
    try (var _ = open(folder);
        var directories = Files.list(folder)) {
      assertThat(directories).noneMatch(Files::isDirectory);
    }
  }

  @Test
  void aTopicMadeAnewDoesNotSeeTheRecordsOfTheOld() throws Exception {
    try (var engine = open(folder)) {
      append(log(engine), "old").durable().join();
      crash();
    }
    try (var engine = open(folder)) {
      assertThat(engine.create(PARTITION, Uuid.randomUuid(), config(Map.of())).endOffset())
          .isZero();
    }
  }

  @Test
  void aStrangeDirectoryIsNamedAndTouchedByNobody() throws Exception {
    Files.createDirectories(folder.resolve("photos"));
    assertThatThrownBy(() -> open(folder)).hasMessageContaining("photos");
    assertThat(folder.resolve("photos")).exists();
  }

  private static Map<String, String> rolling() {
    return Map.of("internal.segment.bytes", "20000", "index.interval.bytes", "500");
  }

  private static Disk forcing(Map<Path, Long> forced) {
    return channel -> {
      long size = channel.size();
      channel.force(false);
      synchronized (forced) {
        // The channel does not tell its file: the base offset of its first batch does.
        var first = ByteBuffer.allocate(8);
        if (channel.read(first, 0) == 8) {
          forced.put(Path.of("%020d.log".formatted(first.getLong(0))), size);
        }
      }
    };
  }

  private static void fill(PartitionLog log, int count) {
    Appended last = append(log, "first");
    for (int i = 1; i < count; i++) {
      last = append(log, value(i));
    }
    last.durable().join();
  }

  private static String value(int i) {
    return "v" + i + "x".repeat(500);
  }

  /** From now on {@code folder} is what a kill at this moment leaves. */
  private void crash() throws IOException {
    Path copy = temp.resolve("crash" + crashes++);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = copy.resolve(folder.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    folder = copy;
  }

  private Path segment() throws IOException {
    return segments().getLast();
  }

  private List<Path> segments() throws IOException {
    return files("log");
  }

  private List<Path> files(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("t-0"))) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private static void truncate(Path file, long size) throws IOException {
    try (var access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(size);
    }
  }

  private static void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  private static FileLogEngine open(Path folder) throws IOException {
    return open(folder, FORCING);
  }

  private static FileLogEngine open(Path folder, Disk disk) throws IOException {
    return FileLogEngine.open(
        folder,
        FileLogSettings.DEFAULTS,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM,
        disk);
  }

  private static PartitionLog log(LogEngine engine) {
    return log(engine, Map.of());
  }

  private static PartitionLog log(LogEngine engine, Map<String, String> configs) {
    return engine.create(PARTITION, TOPIC_ID, config(configs));
  }

  private static LogConfig config(Map<String, String> configs) {
    return new TopicConfigs(Map.of()).effective(configs);
  }
}
