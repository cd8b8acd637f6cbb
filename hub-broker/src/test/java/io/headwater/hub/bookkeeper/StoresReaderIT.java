package io.headwater.hub.bookkeeper;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.Ledgers.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.meta.zk.ZKMetadataClientDriver;
import org.apache.bookkeeper.stats.NullStatsLogger;
import org.apache.zookeeper.ZooKeeper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bookies that are there, stop and are missed; ledgers that are marked, and copied. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StoresReaderIT {
  @TempDir private Path folder;

  @SuppressWarnings("try") // a close that is interrupted fails the test
  @Test
  void tellsWhoIsThereAndWhatIsMissed() throws Exception {
    try (var cluster = BookieCluster.start(folder, 3);
        var zookeeper = new ZooKeeper(cluster.zookeeper(), 6_000, _ -> {});
        var reader = new StoresReader()) {
      String first = cluster.address(0).toString();
      String second = cluster.address(1).toString();
      String third = cluster.address(2).toString();
      try (var ledgers = cluster.connect(2, 3)) {
        // On two of three each: the first has a copy of one at least.
        for (int i = 0; i < 6; i++) {
          Writer writer = ledgers.create().join();
          writer.append(ByteBuffer.allocate(4)).join();
          writer.close();
        }
      }
      Stores whole = reader.read(zookeeper);
      assertThat(whole.writable()).containsExactlyInAnyOrder(first, second, third);
      assertThat(whole.readOnly()).isEmpty();
      assertThat(whole.gone()).isEmpty();
      assertThat(whole.auditor()).as("it runs in no bookie of this test").isEmpty();
      assertThat(zookeeper.exists("/ledgers/underreplication", false))
          .as("looking makes nothing")
          .isNull();

      cluster.stop(0);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> reader.read(zookeeper).writable().size() == 2);
      Stores missed = reader.read(zookeeper);
      assertThat(missed.gone()).containsOnlyKeys(first);
      assertThat(requireNonNull(missed.gone().get(first)).orElseThrow()).isBetween(1, 6);
      assertThat(missed.missed()).containsExactly(first);

      marksAreSeen(zookeeper, reader, first);
      assertThat(reader.read(zookeeper).writable()).as("the session stays open").hasSize(2);
    }
  }

  /** As auto-recovery makes them. */
  private static void marksAreSeen(ZooKeeper zookeeper, StoresReader reader, String lost)
      throws Exception {
    var conf = new ClientConfiguration();
    CommonSettings.apply(conf, "unused:1", Duration.ofSeconds(6));
    var thread = Executors.newSingleThreadScheduledExecutor();
    try (var driver = new ZKMetadataClientDriver()) {
      driver.initialize(conf, thread, NullStatsLogger.INSTANCE, Optional.of(zookeeper));
      try (var marks = driver.getLedgerManagerFactory().newLedgerUnderreplicationManager()) {
        marks.markLedgerUnderreplicated(0, lost);
        marks.markLedgerUnderreplicated(1, lost);
        marks.acquireUnderreplicatedLedger(1);
        Stores marked = reader.read(zookeeper);
        assertThat(marked.underReplicated())
            .extracting(Stores.UnderReplicated::ledger)
            .containsExactly(0L, 1L);
        assertThat(marked.underReplicated())
            .allSatisfy(ledger -> assertThat(ledger.missing()).isEqualTo(List.of(lost)));
        assertThat(marked.copying()).isOne();
        assertThat(marked.underReplicated().getFirst().copying()).isNull();
        assertThat(marked.underReplicated().get(1).copying()).isNotEmpty();
        assertThat(marked.recovers()).isTrue();

        marks.releaseUnderreplicatedLedger(1);
        marks.disableLedgerReplication();
        Stores off = reader.read(zookeeper);
        assertThat(off.copying()).isZero();
        assertThat(off.recovers()).isFalse();
      }
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void aBookieThatNoLedgerCountsOnIsNotMissed() {
    var stores =
        new Stores(
            Stores.NONE.writable(),
            Stores.NONE.readOnly(),
            new TreeMap<>(
                Map.of(
                    "a:1",
                    OptionalInt.of(0),
                    "b:1",
                    OptionalInt.of(2),
                    "c:1",
                    OptionalInt.empty())),
            List.of(),
            Optional.empty(),
            true);
    assertThat(stores.missed()).containsExactly("b:1", "c:1");
  }
}
