package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.connect;
import static io.headwater.edge.mqtt.Packets.disconnect;
import static io.headwater.edge.mqtt.Packets.subscribe;
import static io.headwater.edge.mqtt.RawClient.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.Append;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Wills: each is a row once, when its time has come. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WillTest {
  private static final int QOS_1 = 8;
  private static final int RETAIN = 32;
  private static final String WILL = "will=gone";

  @TempDir Path folder;
  private TestServer server;

  @BeforeEach
  void start() {
    server = new TestServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private RawClient client(String id, boolean clean, int expiry, int flags, int delay)
      throws IOException {
    RawClient client = server.client().send(connect(id, clean, expiry, flags, delay));
    assertThat(client.receive()).startsWith("20");
    return client;
  }

  private void awaitWills(int count) {
    Awaitility.await()
        .untilAsserted(() -> assertThat(server.rows()).hasSize(count).containsOnly(WILL));
  }

  private void assertNoMoreThan(int count) {
    Awaitility.await()
        .during(Duration.ofMillis(500))
        .untilAsserted(() -> assertThat(server.rows()).hasSize(count));
  }

  @Test
  void brokenConnectionFiresItAndADisconnectDoesNot() throws IOException {
    try (RawClient watcher = server.client().connected(5, "w")) {
      watcher.send(subscribe(1, "will", 1, 0));
      watcher.receive();
      client("a", true, 0, QOS_1 | RETAIN, 0).close();
      assertThat(watcher.receive()).matches("32..0004" + hex("will") + "0001" + "00" + hex("gone"));
      try (RawClient polite = client("b", true, 0, QOS_1, 0)) {
        polite.send(disconnect(0));
        assertThat(polite.receive()).isEqualTo("closed");
      }
      try (RawClient angry = client("c", true, 0, QOS_1, 0)) {
        angry.send(disconnect(4));
        assertThat(angry.receive()).isEqualTo("closed");
      }
      awaitWills(2);
    }
    server.restart();
    assertNoMoreThan(2);
    try (RawClient watcher = server.client().connected(5, "w")) {
      watcher.send(subscribe(1, "will", 0, 0));
      watcher.receive();
      assertThat(watcher.receive()).startsWith("31").endsWith(hex("gone"));
    }
  }

  @Test
  void delayedWillIsDroppedWhenItsClientIsBackInTime() throws IOException {
    client("a", false, 60, QOS_1, 1).close();
    try (RawClient back = client("a", false, 60, QOS_1, 60)) {
      assertNoMoreThan(0);
      Awaitility.await()
          .during(Duration.ofMillis(1200))
          .untilAsserted(() -> assertThat(server.rows()).isEmpty());
      back.send(disconnect(4));
    }
    try (RawClient clean = client("a", true, 60, QOS_1, 60)) {
      awaitWills(1); // the session that the will belonged to has ended
      clean.send(disconnect(0));
    }
  }

  @Test
  void delayedWillFiresAfterItsDelayOrWithItsSession() throws IOException {
    client("a", false, 60, QOS_1, 1).close();
    client("b", false, 1, QOS_1, 60).close();
    client("c", false, 0, QOS_1, 60).close();
    awaitWills(3);
    server.restart();
    assertNoMoreThan(3);
  }

  @Test
  void delayGoesOnOverARestart() throws IOException {
    client("a", false, 60, QOS_1, 2).close();
    server.restart();
    awaitWills(1);
    server.restart();
    assertNoMoreThan(1);
  }

  @Test
  void willThatFindsNoRoomFiresAtTheNextStart() throws IOException {
    server.full.set(true);
    client("a", false, 60, QOS_1, 0).close();
    assertNoMoreThan(0);

    server.restart();
    server.full.set(false);

    awaitWills(1);
    assertNoMoreThan(1);
  }

  @Test
  void willWhoseCommitFailsIsTriedAgain() throws IOException {
    server.hold.set(true);
    client("a", true, 0, QOS_1, 0).close();
    awaitHeld();
    server.hold.set(false);
    server.published.getFirst().done().accept(Append.Outcome.DISK_FULL);
    awaitWills(1);
    assertNoMoreThan(1);
    server.restart();
    assertNoMoreThan(1);
  }

  @Test
  void whoIsBackBeforeItsOldWillIsOnDiskKeepsItsNewOne() throws IOException {
    server.hold.set(true);
    client("a", false, 60, QOS_1, 0).close();
    awaitHeld();
    server.hold.set(false);
    RawClient back = client("a", false, 60, QOS_1, 60);
    server.published.getFirst().done().accept(Append.Outcome.FAILED);
    awaitWills(1);
    back.close();
    server.restart();
    assertNoMoreThan(1); // the new one waits for its delay
    try (RawClient clean = client("a", true, 60, QOS_1, 60)) {
      awaitWills(2);
      clean.send(disconnect(0));
    }
  }

  private void awaitHeld() {
    Awaitility.await().until(() -> server.published.size() == 1);
  }

  @Test
  void takeoverCountsAsABrokenConnection() throws IOException {
    try (RawClient first = client("a", false, 60, QOS_1, 0);
        RawClient second = client("a", false, 60, QOS_1, 60)) {
      assertThat(first.receive()).startsWith("e0").contains("8e");
      awaitWills(1);
      try (RawClient third = client("a", false, 60, QOS_1, 0)) {
        assertThat(second.receive()).startsWith("e0").contains("8e");
        third.send(disconnect(0));
        assertThat(third.receive()).isEqualTo("closed");
      }
    }
    assertNoMoreThan(1);
  }
}
