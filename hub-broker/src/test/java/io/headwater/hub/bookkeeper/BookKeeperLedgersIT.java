package io.headwater.hub.bookkeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.Ledgers.Reader;
import io.headwater.hub.kafka.ledger.Ledgers.Writer;
import io.headwater.testsupport.Seed;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.bookkeeper.client.BookKeeper;
import org.apache.bookkeeper.client.BookKeeper.DigestType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a single bookie; {@link LostBookiesIT} has three. */
@Timeout(60)
class BookKeeperLedgersIT {
  private static final int ALL = Integer.MAX_VALUE;

  @TempDir private static Path folder;
  private static BookieCluster cluster;
  private static BookKeeperLedgers ledgers;

  private final Seed seed = Seed.next();
  private final SplittableRandom random = seed.random();

  @BeforeAll
  static void start() {
    long started = System.nanoTime();
    cluster = BookieCluster.start(folder, 1);
    ledgers = cluster.connect(1, 1);
    System.out.printf(
        "ZooKeeper, a bookie and a client ready after %d ms%n",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
  }

  @AfterAll
  static void stop() {
    ledgers.close();
    cluster.close();
  }

  @Test
  void entriesOfAllSizesAreReadByteForByte() {
    List<byte[]> entries = new ArrayList<>();
    for (int size : new int[] {1, 35, 36, 37, 1 << 10, 1 << 16, 1 << 20, 3, 9 << 20, 1 << 10}) {
      byte[] entry = new byte[size];
      random.nextBytes(entry);
      entries.add(entry);
    }
    Writer writer = ledgers.create().join();
    append(writer, entries);

    assertThat(writer.lastEntry()).isEqualTo(entries.size() - 1);
    assertReads(writer, entries);
    writer.seal().join();
    assertReads(writer, entries);
    try (var other = cluster.connect(1, 1);
        Reader reader = other.recover(writer.id()).join()) {
      assertThat(reader.lastEntry()).isEqualTo(entries.size() - 1);
      assertReads(reader, entries);
    }
  }

  @Test
  void whatIsReadKeepsTheBoundInBytesButForTheFirstEntry() {
    Writer writer = ledgers.create().join();
    append(writer, IntStream.range(0, 20).mapToObj(_ -> new byte[1_000]).toList());

    assertThat(writer.read(0, 20, 10_000).join()).hasSizeBetween(1, 10);
    assertThat(writer.read(5, 20, 1).join()).hasSize(1);
    assertThat(writer.read(5, 3, ALL).join()).hasSize(3);
    assertThat(writer.read(18, ALL, ALL).join()).hasSize(2);
    assertReason(writer.read(20, 1, ALL), Reason.MISSING);
    assertReason(writer.read(-1, 1, ALL), Reason.MISSING);
  }

  @Test
  void buffersOfAnyKindAreAppendedFromPositionToLimitAndLeftAsTheyAre() {
    byte[] bytes = "0123456789".getBytes(US_ASCII);
    ByteBuffer heap = ByteBuffer.wrap(bytes).position(2).limit(5);
    ByteBuffer direct = ByteBuffer.allocateDirect(10).put(bytes).position(3).limit(9);
    ByteBuffer slice = ByteBuffer.wrap(bytes).slice(4, 3);
    ByteBuffer readOnly = ByteBuffer.wrap(bytes).asReadOnlyBuffer().position(9);
    Writer writer = ledgers.create().join();

    CompletableFuture.allOf(
            writer.append(heap),
            writer.append(direct),
            writer.append(slice),
            writer.append(readOnly))
        .join();

    assertThat(writer.read(0, 4, ALL).join())
        .extracting(buffer -> US_ASCII.decode(buffer).toString())
        .containsExactly("234", "345678", "456", "9");
    assertThat(heap.position()).isEqualTo(2);
    assertThat(direct.position()).isEqualTo(3);
  }

  /** Others' software may keep ledgers on the same bookies. */
  @Test
  void onlyWhatHubsHaveMadeAndNobodyListsIsToldOf() throws Exception {
    long listed = ledgers.create().join().id();
    long unlisted = ledgers.create().join().id();
    long gone = ledgers.create().join().id();
    ledgers.delete(gone).join();
    long others;
    var client = new BookKeeper(cluster.zookeeper());
    try {
      others = client.createLedger(1, 1, DigestType.CRC32C, new byte[0]).getId();
    } finally {
      client.close();
    }
    Set<Long> told = ledgers.lister().allBut(Set.of(listed));
    assertThat(told).contains(unlisted).doesNotContain(listed, gone, others);
    assertThat(ledgers.lister().allBut(told)).contains(listed).doesNotContainAnyElementsOf(told);
  }

  @Test
  void appendsCompleteInOrderAndAreThenReadable() {
    Writer writer = ledgers.create().join();
    List<Long> lastEntries = new ArrayList<>();
    List<CompletableFuture<Void>> appends = new ArrayList<>();
    long started = System.nanoTime();
    for (int i = 0; i < 2_000; i++) {
      appends.add(
          writer
              .append(ByteBuffer.wrap(new byte[1_000]))
              .thenRun(() -> {
                synchronized (lastEntries) {
                  lastEntries.add(writer.lastEntry());
                }
              }));
    }
    CompletableFuture.allOf(appends.toArray(CompletableFuture[]::new)).join();
    System.out.printf(
        "%d appends of 1 KB in %d ms%n",
        appends.size(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));

    assertThat(lastEntries).isSorted();
    for (int i = 0; i < lastEntries.size(); i++) {
      assertThat(lastEntries.get(i)).isGreaterThanOrEqualTo(i);
    }
  }

  @Test
  void recoveryFencesTheWriterAndFindsAllThatWasAcknowledged() throws Exception {
    try (var successor = cluster.connect(1, 1)) {
      for (int round = 0; round < 5; round++) {
        Writer writer = ledgers.create().join();
        List<CompletableFuture<Void>> appends = new ArrayList<>();
        Thread appending =
            Thread.ofPlatform()
                .start(() -> {
                  do {
                    appends.add(writer.append(ByteBuffer.wrap(entry(appends.size()))));
                  } while (succeeds(appends.get(Math.max(0, appends.size() - 100))));
                });
        Awaitility.await()
            .pollInterval(Duration.ofMillis(1))
            .until(() -> writer.lastEntry() > random.nextInt(200));

        try (Reader reader = successor.recover(writer.id()).join()) {
          appending.join();
          long done = appends.stream().filter(BookKeeperLedgersIT::succeeds).count();

          assertThat(reader.lastEntry()).as("%s", seed).isGreaterThanOrEqualTo(done - 1);
          assertReadsAtOnce(
              reader,
              IntStream.rangeClosed(0, (int) reader.lastEntry())
                  .mapToObj(BookKeeperLedgersIT::entry)
                  .toList());
        }
        assertReason(appends.getLast(), Reason.FENCED);
        assertReason(writer.append(ByteBuffer.allocate(1)), Reason.FENCED);
      }
    }
  }

  @Test
  void everyRecoveryFindsTheSameEnd() {
    Writer writer = ledgers.create().join();
    append(writer, List.of(entry(0), entry(1), entry(2)));

    try (var one = cluster.connect(1, 1);
        var two = cluster.connect(1, 1)) {
      List<CompletableFuture<Reader>> recoveries =
          List.of(one.recover(writer.id()), two.recover(writer.id()), ledgers.recover(writer.id()));

      assertThat(recoveries)
          .allSatisfy(recovery -> assertThat(recovery.join().lastEntry()).isEqualTo(2));
      assertThat(one.recover(writer.id()).join().lastEntry()).isEqualTo(2);
    }
  }

  @Test
  void anEmptyLedgerHasNoLastEntry() {
    Writer writer = ledgers.create().join();

    assertThat(writer.lastEntry()).isEqualTo(-1);
    assertThat(writer.isShort()).isFalse();
    assertThat(ledgers.recover(writer.id()).join().lastEntry()).isEqualTo(-1);
    assertReason(writer.append(ByteBuffer.allocate(1)), Reason.FENCED);
  }

  @Test
  void aSealedLedgerTakesNoMore() {
    Writer writer = ledgers.create().join();
    append(writer, List.of(entry(0)));

    writer.seal().join();

    assertReason(writer.append(ByteBuffer.allocate(1)), Reason.UNAVAILABLE);
    assertThat(writer.seal()).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void aSealOfWhatOthersHaveTakenOverSaysSo() {
    Writer writer = ledgers.create().join();
    append(writer, List.of(entry(0)));
    Reader reader = ledgers.recover(writer.id()).join();

    // Both have the same end here, and so the writer's seal changes nothing.
    assertThat(writer.seal()).succeedsWithin(Duration.ofSeconds(10));
    assertThat(reader.lastEntry()).isEqualTo(0);
  }

  @Test
  void aDeletedLedgerIsMissing() {
    Writer writer = ledgers.create().join();

    ledgers.delete(writer.id()).join();

    assertReason(ledgers.recover(writer.id()), Reason.MISSING);
    assertThat(ledgers.delete(writer.id())).succeedsWithin(Duration.ofSeconds(10));
    assertReason(ledgers.recover(1_000_000_000), Reason.MISSING);
  }

  private static byte[] entry(int number) {
    return ("entry " + number).repeat(1 + number % 50).getBytes(US_ASCII);
  }

  private static boolean succeeds(CompletableFuture<Void> append) {
    return append.handle((_, failure) -> failure == null).join();
  }

  private static void append(Writer writer, List<byte[]> entries) {
    CompletableFuture.allOf(
            entries.stream()
                .map(entry -> writer.append(ByteBuffer.wrap(entry)))
                .toArray(CompletableFuture[]::new))
        .join();
  }

  /** One by one, and as many as come at once. */
  private static void assertReads(Reader reader, List<byte[]> entries) {
    for (int i = 0; i < entries.size(); i++) {
      List<ByteBuffer> read = reader.read(i, 1, 1).join();
      assertThat(read).hasSize(1);
      assertThat(read.getFirst()).isEqualTo(ByteBuffer.wrap(entries.get(i)));
    }
    assertReadsAtOnce(reader, entries);
  }

  private static void assertReadsAtOnce(Reader reader, List<byte[]> entries) {
    for (int i = 0; i < entries.size(); ) {
      List<ByteBuffer> read = reader.read(i, ALL, ALL).join();
      assertThat(read).isNotEmpty();
      for (ByteBuffer entry : read) {
        assertThat(entry).isEqualTo(ByteBuffer.wrap(entries.get(i++)));
      }
    }
  }

  static void assertReason(CompletableFuture<?> future, Reason reason) {
    assertThatThrownBy(future::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            LedgerException.class, failure -> assertThat(failure.reason()).isEqualTo(reason));
  }
}
