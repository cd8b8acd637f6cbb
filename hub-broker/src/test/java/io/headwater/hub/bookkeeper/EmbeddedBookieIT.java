package io.headwater.hub.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.Ledgers.Reader;
import io.headwater.hub.kafka.ledger.Ledgers.Writer;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EmbeddedBookieIT {
  @TempDir private Path folder;

  @Test
  void whatIsAcknowledgedIsThereAfterARestart() {
    try (var cluster = BookieCluster.start(folder, 1)) {
      long ledger;
      try (var ledgers = cluster.connect(1, 1)) {
        Writer writer = ledgers.create().join();
        ledger = writer.id();
        for (int i = 0; i < 50; i++) {
          writer.append(ByteBuffer.allocate(1_000).putInt(0, i)).join();
        }
      }

      cluster.stop(0);
      cluster.start(0);

      try (var ledgers = cluster.connect(1, 1);
          Reader reader = ledgers.recover(ledger).join()) {
        assertThat(reader.lastEntry()).isEqualTo(49);
        for (int i = 0; i < 50; i++) {
          assertThat(reader.read(i, 1, 1).join().getFirst().getInt(0)).isEqualTo(i);
        }
      }
    }
  }

  @Test
  void refusesTheFolderOfAnotherClusterAndSaysWhose() {
    try (var mine = BookieCluster.start(folder.resolve("mine"), 1);
        var theirs = BookieCluster.start(folder.resolve("theirs"), 1)) {
      theirs.stop(0);

      assertThatThrownBy(() -> mine.start(1, theirs.folder(0)))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith("bookie folder " + theirs.folder(0) + " belongs to BookKeeper")
          .hasMessageContaining(" not ")
          .hasMessageContaining("ZooKeeper data that it was made with")
          .hasMessageContaining("--data");

      theirs.start(0); // nothing was changed
    }
  }

  @Test
  void refusesTheFolderOfAnotherBookieOfTheCluster() {
    try (var cluster = BookieCluster.start(folder, 2)) {
      cluster.stop(0);
      cluster.stop(1);

      assertThatThrownBy(() -> cluster.start(1, cluster.folder(0)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("belongs to bookie " + cluster.address(0))
          .hasMessageContaining("not " + cluster.address(1));
    }
  }

  @Test
  void refusesAnEmptyFolderWhereTheClusterKnowsOneWithData() {
    try (var cluster = BookieCluster.start(folder, 1)) {
      cluster.stop(0);

      assertThatThrownBy(() -> cluster.start(0, folder.resolve("new")))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("is empty")
          .hasMessageContaining("put its folder back");
    }
  }

  @Test
  void refusesAFolderThatWasMoved() throws Exception {
    try (var cluster = BookieCluster.start(folder, 1)) {
      cluster.stop(0);
      Path moved = folder.resolve("moved");
      Files.move(cluster.folder(0), moved);

      assertThatThrownBy(() -> cluster.start(0, moved))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("belongs to journal folder " + cluster.folder(0))
          .hasMessageContaining("not " + moved);
    }
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (var cluster = BookieCluster.start(folder, 0);
        var taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var address = new HostPort("127.0.0.1", taken.getLocalPort());

      assertThatThrownBy(() ->
              EmbeddedBookie.start(
                  folder.resolve("bookie"),
                  cluster.zookeeper(),
                  BookieSettings.safe(address, BookieCluster.SESSION)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("bookie port " + address.port());
    }
  }

  @Test
  void listensOnItsAddressOnlyRecoversOthersAndLeavesNothingBehind() throws Exception {
    HostPort address = BookieCluster.freePort();
    try (var cluster = BookieCluster.start(folder, 0)) {
      long started = System.nanoTime();
      try (var bookie =
          EmbeddedBookie.start(
              folder.resolve("bookie"),
              cluster.zookeeper(),
              BookieSettings.safe(address, BookieCluster.SESSION))) {
        System.out.printf(
            "A bookie with auto-recovery started in %d ms%n",
            (System.nanoTime() - started) / 1_000_000);
        assertThat(bookie.address()).isEqualTo(address);
        assertThat(bookie.failed()).isNotDone();
        assertThat(connects(address)).isTrue();
        assertThat(connects(new HostPort("127.0.0.2", address.port()))).isFalse();
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> hasThread("ReplicationWorker"));
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !hasThread("ReplicationWorker"));
      assertThat(connects(address)).isFalse();
    }
  }

  private static boolean hasThread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().startsWith(name));
  }

  private static boolean connects(HostPort address) {
    try (var socket = new Socket()) {
      socket.connect(address.socketAddress(), 1_000);
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
