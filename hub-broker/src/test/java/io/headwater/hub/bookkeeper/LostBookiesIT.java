package io.headwater.hub.bookkeeper;

import static io.headwater.hub.bookkeeper.BookKeeperLedgersIT.assertReason;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.Ledgers.Reader;
import io.headwater.hub.kafka.ledger.Ledgers.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three bookies, of which some stop. */
@Timeout(120)
class LostBookiesIT {
  @TempDir private Path folder;

  @Test
  void oneOfThreeMayStopAndTwoMayNot() {
    try (var cluster = BookieCluster.start(folder, 3);
        var ledgers = cluster.connect(3, 3);
        var successor = cluster.connect(3, 3)) {
      Writer writer = ledgers.create().join();
      append(writer, 0, 100);
      assertThat(writer.isShort()).isFalse();

      // One stops: the open ledger goes on, is recovered, and new ones are short.
      cluster.stop(0);
      append(writer, 100, 200);
      try (Reader recovered = successor.recover(writer.id()).join()) {
        assertHas(recovered, 200);
      }
      assertReason(writer.append(ByteBuffer.allocate(1)), Reason.FENCED);
      Writer onTwo = await().until(() -> ledgers.create().join(), Writer::isShort);
      append(onTwo, 0, 100);
      Writer idle = ledgers.create().join();
      append(idle, 0, 50);

      // Two stop: nothing goes on. What a writer knows of its end is settled even so.
      cluster.stop(1);
      assertReason(onTwo.append(ByteBuffer.allocate(1)), Reason.TOO_FEW_STORES);
      await().untilAsserted(() -> assertReason(ledgers.create(), Reason.TOO_FEW_STORES));
      assertReason(successor.recover(idle.id()), Reason.TOO_FEW_STORES);

      // They come back: new ledgers are full ones, and nothing is lost.
      cluster.start(0);
      cluster.start(1);
      Writer onThree = await().until(() -> ledgers.create().join(), full -> !full.isShort());
      append(onThree, 0, 100);
      await()
          .untilAsserted(() -> {
            try (Reader recovered = successor.recover(onTwo.id()).join()) {
              assertHas(recovered, 100);
            }
            try (Reader recovered = successor.recover(idle.id()).join()) {
              assertHas(recovered, 50);
            }
          });
    }
  }

  @Test
  void aSpareBookieTakesThePlaceOfAStoppedOne() {
    try (var cluster = BookieCluster.start(folder, 3);
        var ledgers = cluster.connect(2, 3);
        var successor = cluster.connect(2, 3)) {
      Writer writer = ledgers.create().join();
      append(writer, 0, 100);

      for (int stopped = 0; stopped < 3; stopped++) {
        cluster.stop(stopped);
        append(writer, 100 + 50 * stopped, 150 + 50 * stopped);
        cluster.start(stopped);
        int back = stopped;
        await().until(() -> registered(cluster, back));
      }

      try (Reader recovered = successor.recover(writer.id()).join()) {
        assertHas(recovered, 250);
      }
    }
  }

  /** Enough bookies for a ledger on all three, so all are known again. */
  private static boolean registered(BookieCluster cluster, int bookie) {
    try (var all = cluster.connect(3, 3)) {
      return !all.create().join().isShort();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LedgerException) {
        return false;
      }
      throw new AssertionError("bookie " + bookie, e);
    }
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsMatching(CompletionException.class::isInstance);
  }

  private static void append(Writer writer, int from, int to) {
    for (int i = from; i < to; i++) {
      writer.append(ByteBuffer.allocate(Integer.BYTES).putInt(0, i)).join();
    }
  }

  private static void assertHas(Reader reader, int entries) {
    assertThat(reader.lastEntry()).isEqualTo(entries - 1);
    for (int i = 0; i < entries; ) {
      for (ByteBuffer entry : reader.read(i, 64, 1 << 20).join()) {
        assertThat(entry.getInt(0)).isEqualTo(i++);
      }
    }
  }
}
