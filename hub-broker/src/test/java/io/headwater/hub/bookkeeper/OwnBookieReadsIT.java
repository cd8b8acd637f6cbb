package io.headwater.hub.bookkeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.Ledgers.Reader;
import io.headwater.hub.kafka.ledger.Ledgers.Writer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three bookies, of which number 0 is the own one of the client that reads. */
@Timeout(120)
class OwnBookieReadsIT {
  private static final int ENTRIES = 100;

  @TempDir private Path folder;

  @Test
  void readsTheOwnBookieOnlyWhereItHasAllBothOpenAndSealed() {
    try (var cluster = BookieCluster.start(folder, 3);
        var ledgers = cluster.connect(3, 3, 0)) {
      Writer writer = ledgers.create().join();
      append(writer, 0, ENTRIES);
      // An append is done when two have it: wait for the third.
      Awaitility.await().until(() -> own(ledgers, writer, ENTRIES - 1));
      long before = reads(ledgers).entries();
      long left = reads(ledgers).leftToOthers();

      assertHas(writer, ENTRIES);
      assertThat(reads(ledgers).entries() - before).isGreaterThanOrEqualTo(ENTRIES);

      writer.seal().join();
      cluster.stop(1);
      cluster.stop(2);
      before = reads(ledgers).entries();
      assertHas(writer, ENTRIES);
      assertThat(reads(ledgers).entries() - before).isGreaterThanOrEqualTo(ENTRIES);
      assertThat(reads(ledgers).leftToOthers()).isEqualTo(left);
      assertThat(writer.read(5, 20, 1).join()).hasSize(1);
      assertThat(writer.read(5, 3, Integer.MAX_VALUE).join()).hasSize(3);
      assertThat(writer.read(ENTRIES - 2, 20, Integer.MAX_VALUE).join()).hasSize(2);
    }
  }

  @Test
  void whatIsDamagedOnTheOwnDiskComesFromTheOthers() throws IOException {
    try (var cluster = BookieCluster.start(folder, 3)) {
      long ledger;
      try (var ledgers = cluster.connect(3, 3, 0)) {
        Writer writer = ledgers.create().join();
        ledger = writer.id();
        append(writer, 0, ENTRIES);
        Awaitility.await().until(() -> own(ledgers, writer, ENTRIES - 1));
        writer.seal().join();
      }
      cluster.stop(0);
      damage(cluster.folder(0), 40);
      damage(cluster.folder(0), 70);
      cluster.start(0);

      try (var ledgers = cluster.connect(3, 3, 0);
          Reader reader = ledgers.recover(ledger).join()) {
        assertHas(reader, ENTRIES);
        OwnBookieReads reads = reads(ledgers);
        assertThat(reads.entries()).isPositive();
        assertThat(reads.leftToOthers()).isEqualTo(2);
      }
    }
  }

  @Test
  void whatWasWrittenWhileTheOwnBookieWasAwayComesFromTheOthers() {
    try (var cluster = BookieCluster.start(folder, 3);
        var ledgers = cluster.connect(3, 3)) {
      Writer writer = ledgers.create().join();
      append(writer, 0, 50);
      cluster.stop(0);
      append(writer, 50, ENTRIES);
      writer.seal().join();
      Writer without = ledgers.create().join();
      append(without, 0, ENTRIES);
      without.seal().join();
      cluster.start(0);

      try (var own = cluster.connect(3, 3, 0);
          Reader reader = own.recover(writer.id()).join();
          Reader other = own.recover(without.id()).join()) {
        assertHas(reader, ENTRIES);
        assertThat(reads(own).entries()).isBetween(1L, 50L);
        assertThat(reads(own).leftToOthers()).isPositive();

        long before = reads(own).entries();
        assertHas(other, ENTRIES);
        assertThat(reads(own).entries()).isEqualTo(before);
      }
    }
  }

  @Test
  void aClosedBookieLeavesItAllToTheOthers() {
    try (var cluster = BookieCluster.start(folder, 3);
        var ledgers = cluster.connect(3, 3, 0)) {
      Writer writer = ledgers.create().join();
      append(writer, 0, ENTRIES);

      cluster.stop(0);

      assertHas(writer, ENTRIES);
      assertThat(reads(ledgers).entries()).isZero();
    }
  }

  @Test
  void newLedgersLieOnTheOwnBookieAmongMore() {
    try (var cluster = BookieCluster.start(folder, 4);
        var ledgers = cluster.connect(2, 4, 0)) {
      List<Writer> writers = IntStream.range(0, 20).mapToObj(_ -> ledgers.create().join()).toList();
      for (Writer writer : writers) {
        append(writer, 0, 1);
        // By chance it would be on half of them.
        Awaitility.await().until(() -> own(ledgers, writer, 0));
      }

      // Once it is away, they lie on others.
      cluster.stop(0);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> append(ledgers.create().join(), 0, 1));
    }
  }

  /** Whether the own bookie gives an entry. */
  private static boolean own(BookKeeperLedgers ledgers, Reader reader, long entry) {
    long before = reads(ledgers).entries();
    assertThat(reader.read(entry, 1, 1).join()).hasSize(1);
    return reads(ledgers).entries() > before;
  }

  private static OwnBookieReads reads(BookKeeperLedgers ledgers) {
    return ledgers.ownReads().orElseThrow();
  }

  /** Changes a byte of an entry in the file in which a bookie keeps it. */
  private static void damage(Path bookie, int number) throws IOException {
    int changed = 0;
    try (Stream<Path> files = Files.walk(bookie.resolve("ledgers"))) {
      for (Path file : files.filter(one -> one.toString().endsWith(".log")).toList()) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        String entry = new String(entry(number), US_ASCII);
        if (bytes.contains(entry)) {
          String other = "X" + entry.substring(1);
          Files.writeString(file, bytes.replace(entry, other), StandardCharsets.ISO_8859_1);
          changed++;
        }
      }
    }
    assertThat(changed).isPositive();
  }

  private static byte[] entry(int number) {
    return ("entry " + number + " ").repeat(100).getBytes(US_ASCII);
  }

  private static void append(Writer writer, int from, int to) {
    CompletableFuture.allOf(
            IntStream.range(from, to)
                .mapToObj(i -> writer.append(ByteBuffer.wrap(entry(i))))
                .toArray(CompletableFuture[]::new))
        .join();
  }

  private static void assertHas(Reader reader, int entries) {
    assertThat(reader.lastEntry()).isEqualTo(entries - 1);
    for (int i = 0; i < entries; ) {
      List<ByteBuffer> read = reader.read(i, 16, 1 << 20).join();
      assertThat(read).isNotEmpty();
      for (ByteBuffer one : read) {
        assertThat(one).isEqualTo(ByteBuffer.wrap(entry(i++)));
      }
    }
  }
}
