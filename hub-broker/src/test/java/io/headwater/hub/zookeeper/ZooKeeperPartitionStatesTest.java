package io.headwater.hub.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionState.Part;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.kafka.ledger.PartitionStates.Versioned;
import io.headwater.process.HostPort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ZooKeeperPartitionStatesTest {
  private static final Duration SESSION = Duration.ofSeconds(6);
  private static final PartitionState FIRST =
      new PartitionState(1, 0, 0, 0, List.of(Part.open(7, 0)));

  @TempDir private static Path folder;
  private static EmbeddedZooKeeper zookeeper;
  private static ZooKeeperPartitionStates one;
  private static ZooKeeperPartitionStates two;

  private final PartitionStates.Key key = new PartitionStates.Key(Uuid.randomUuid(), 3);

  @BeforeAll
  static void start() {
    zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0));
    one = ZooKeeperPartitionStates.connect(zookeeper.connectString(), SESSION);
    two = ZooKeeperPartitionStates.connect(zookeeper.connectString(), SESSION);
  }

  @AfterAll
  static void stop() {
    two.close();
    one.close();
    zookeeper.close();
  }

  @Test
  void aStateIsReadAsItWasWritten() {
    var state =
        new PartitionState(
            4,
            17,
            1_000,
            950,
            List.of(
                new Part(12, 900, 1L << 40, 1_700_000_000_000L, 1L << 49),
                Part.open(1L << 33, 1L << 50),
                Part.open(14, PartitionState.OPEN)));

    assertThat(one.read(key)).isEmpty();
    assertThat(one.create(key, FIRST)).contains(new Versioned(FIRST, 0));
    assertThat(two.read(key)).contains(new Versioned(FIRST, 0));
    assertThat(two.write(key, state, 0)).contains(new Versioned(state, 1));
    assertThat(one.read(key)).contains(new Versioned(state, 1));
  }

  @Test
  void theNodeIsAsThePackageShowsIt() {
    assertThat(new String(PartitionStateCodec.encode(FIRST), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"owner\":1,\"epoch\":0,\"start\":0,\"compacted\":0,\"ledgers\":[[7,0,-1,-1,-1]]}");
    assertThat(
            PartitionStateCodec.decode(
                "node",
                ("{\"owner\":1,\"later\":{},\"epoch\":0,\"start\":0,\"compacted\":0,"
                        + "\"ledgers\":[[7,0,-1,-1,-1,5]]}")
                    .getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(FIRST);
  }

  @Test
  void ofTwoThatTakeAPartitionOverOneFails() {
    one.create(key, FIRST);
    int version = 0;
    for (int round = 1; round <= 20; round++) {
      int seen = version;
      int epoch = round;
      var byOne = CompletableFuture.supplyAsync(() -> one.write(key, owned(1, epoch), seen));
      var byTwo = CompletableFuture.supplyAsync(() -> two.write(key, owned(2, epoch), seen));

      Optional<Versioned> winner = byOne.join().isPresent() ? byOne.join() : byTwo.join();
      assertThat(List.of(byOne.join().isPresent(), byTwo.join().isPresent()))
          .containsExactlyInAnyOrder(true, false);
      assertThat(one.read(key)).isEqualTo(winner);
      version = winner.orElseThrow().version();
    }
    assertThat(one.create(key, FIRST)).isEmpty();
  }

  @Test
  void onlyTheSeenVersionIsDeletedAndAPartitionCanBeMadeAnew() {
    var sibling = new PartitionStates.Key(key.topicId(), 4);
    one.create(key, FIRST);
    one.create(sibling, FIRST);
    one.write(key, owned(1, 1), 0);

    assertThat(two.delete(key, 0)).isFalse();
    assertThat(two.delete(key, 1)).isTrue();
    assertThat(two.delete(key, 1)).isTrue();
    assertThat(one.read(key)).isEmpty();
    assertThat(one.write(key, owned(1, 2), 1)).isEmpty();
    assertThat(one.list()).contains(sibling).doesNotContain(key);

    assertThat(one.delete(sibling, 0)).isTrue();
    assertThat(one.list()).extracting(PartitionStates.Key::topicId).doesNotContain(key.topicId());
    assertThat(one.create(key, FIRST)).contains(new Versioned(FIRST, 0));
    assertThat(one.list()).contains(key);
  }

  @Test
  void partitionsOfATopicComeAndGoFromSeveralSidesAtOnce() {
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (int partition = 0; partition < 8; partition++) {
      var each = new PartitionStates.Key(key.topicId(), partition);
      ZooKeeperPartitionStates states = partition % 2 == 0 ? one : two;
      all.add(
          CompletableFuture.runAsync(() -> {
            for (int round = 0; round < 20; round++) {
              assertThat(states.create(each, FIRST)).isPresent();
              assertThat(states.delete(each, 0)).isTrue();
            }
          }));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();

    assertThat(one.list()).extracting(PartitionStates.Key::topicId).doesNotContain(key.topicId());
  }

  @Test
  void aChangeWhoseAnswerIsLostIsFoundToBeDone() throws Exception {
    try (var proxy = new CuttingProxy(zookeeper.address());
        var states = ZooKeeperPartitionStates.connect(proxy.connectString(), SESSION)) {
      one.create(new PartitionStates.Key(key.topicId(), 99), FIRST); // so that the folder is there

      proxy.cutNextAnswer(() -> {});
      assertThat(states.create(key, FIRST)).contains(new Versioned(FIRST, 0));
      proxy.cutNextAnswer(() -> {});
      assertThat(states.write(key, owned(1, 1), 0)).contains(new Versioned(owned(1, 1), 1));
      assertThat(two.read(key)).contains(new Versioned(owned(1, 1), 1));
      proxy.cutNextAnswer(() -> {});
      assertThat(states.delete(key, 1)).isTrue();
      assertThat(two.read(key)).isEmpty();
    }
  }

  @Test
  void aRefusalWhoseAnswerIsLostStaysARefusal() throws Exception {
    try (var proxy = new CuttingProxy(zookeeper.address());
        var states = ZooKeeperPartitionStates.connect(proxy.connectString(), SESSION)) {
      one.create(key, FIRST);
      one.write(key, owned(2, 1), 0);

      proxy.cutNextAnswer(() -> {});
      assertThat(states.write(key, owned(1, 1), 0)).isEmpty();
      proxy.cutNextAnswer(() -> {});
      assertThat(states.delete(key, 0)).isFalse();
      assertThat(two.read(key)).contains(new Versioned(owned(2, 1), 1));
    }
  }

  @Test
  void aChangeThatOthersHaveHiddenIsReportedAsATimeOut() throws Exception {
    try (var proxy = new CuttingProxy(zookeeper.address());
        var states = ZooKeeperPartitionStates.connect(proxy.connectString(), SESSION)) {
      one.create(key, FIRST);

      proxy.cutNextAnswer(() -> assertThat(two.write(key, owned(2, 2), 1)).isPresent());
      assertThatThrownBy(() -> states.write(key, owned(1, 1), 0))
          .isInstanceOf(TimeoutException.class)
          .hasMessageContaining("may have been done or not");

      proxy.cutNextAnswer(() -> assertThat(two.delete(key, 3)).isTrue());
      assertThatThrownBy(() -> states.write(key, owned(1, 3), 2))
          .isInstanceOf(TimeoutException.class)
          .hasMessageContaining("may have been done or not");
    }
  }

  private static PartitionState owned(int owner, int epoch) {
    return new PartitionState(owner, epoch, 0, 0, FIRST.ledgers());
  }
}
