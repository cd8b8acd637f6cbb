package io.headwater.hub.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EnsembleTest {
  @TempDir Path folder;

  @Test
  void readsZooKeepersOwnForm() {
    assertThat(Ensemble.Member.parse("node1.example:2888:3888;2181"))
        .isEqualTo(new Ensemble.Member("node1.example", 2888, 3888, 2181))
        .hasToString("node1.example:2888:3888;2181");
    assertThat(Ensemble.Member.parse("[fd00::1]:2888:3888;2181"))
        .isEqualTo(new Ensemble.Member("fd00::1", 2888, 3888, 2181))
        .hasToString("[fd00::1]:2888:3888;2181");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "node1",
        "node1:2888",
        "node1:2888:3888",
        "node1:2888:3888:2181",
        ":2888:3888;2181",
        "node 1:2888:3888;2181",
        "fd00::1:2888:3888;2181",
        "node1:2888:x;2181",
        "node1:2888:3888;2181;2182",
        "node1:2888:3888:observer;2181"
      })
  void refusesOtherFormsAndNamesTheRightOne(String text) {
    assertThatThrownBy(() -> Ensemble.Member.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("node1:2888:3888;2181");
  }

  @ParameterizedTest
  @ValueSource(strings = {"node1:0:3888;2181", "node1:2888:65536;2181", "node1:2888:3888;99999"})
  void refusesPortsOutOfRange(String text) {
    assertThatThrownBy(() -> Ensemble.Member.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("not between 1 and 65535");
  }

  @Test
  void connectsToAllMembersById() {
    var ensemble =
        new Ensemble(
            2, members("3=c:2888:3888;2183", "1=[fd00::1]:2888:3888;2181", "2=b:2888:3888;2182"));

    assertThat(ensemble.connectString()).isEqualTo("[fd00::1]:2181,b:2182,c:2183");
  }

  @Test
  void takesOneThreeOrFiveMembers() {
    assertThat(new Ensemble(1, some(1)).members()).hasSize(1);
    assertThat(new Ensemble(1, some(3)).members()).hasSize(3);
    assertThat(new Ensemble(1, some(5)).members()).hasSize(5);
    assertThatThrownBy(() -> new Ensemble(1, some(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0 ZooKeeper members: list 1, 3 or 5");
    assertThatThrownBy(() -> new Ensemble(1, some(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 ZooKeeper members stand no more losses than 1: list 1 or 3");
    assertThatThrownBy(() -> new Ensemble(1, some(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("4 ZooKeeper members stand no more losses than 3: list 3 or 5");
    assertThatThrownBy(() -> new Ensemble(1, some(6)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("6 ZooKeeper members: list 1, 3 or 5");
    assertThatThrownBy(() -> new Ensemble(1, some(7)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("7 ZooKeeper members: list 1, 3 or 5");
  }

  @Test
  void refusesIdsThatAreNotListedOrOutOfRange() {
    assertThatThrownBy(() -> new Ensemble(4, some(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("this node's id 4 is not among the ZooKeeper members [1, 2, 3]");
    assertThatThrownBy(() -> new Ensemble(256, members("256=a:2888:3888;2181")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ZooKeeper member id 256 is not between 1 and 255");
  }

  @Test
  void refusesTheSameAddressTwice() {
    assertThatThrownBy(() ->
            new Ensemble(
                1, members("1=a:2888:3888;2181", "2=b:2888:3888;2181", "3=A:2889:3889;2181")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ZooKeeper member 3 has A:2181, which is listed already");
    assertThatThrownBy(() -> new Ensemble(1, members("1=a:2888:2888;2181")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ZooKeeper member 1 has a:2888, which is listed already");
  }

  @Test
  void refusesAnotherMembersFolderAndLeavesItAsItWas() throws IOException {
    Path id = Files.createDirectories(folder.resolve("data")).resolve("myid");
    Files.writeString(id, "3\n");

    assertThatThrownBy(() -> EmbeddedZooKeeper.open(folder, new Ensemble(2, FreeMembers.draw(3))))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s is that of ZooKeeper member 3, not of member 2: start it as member 3, or give member 2 an empty folder",
            folder);
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files).containsExactlyInAnyOrder(folder, id.getParent(), id);
    }
    assertThat(id).hasContent("3");
  }

  @Test
  void namesThePortThatIsTaken() throws IOException {
    SortedMap<Integer, Ensemble.Member> members = FreeMembers.draw(3);
    int election = new Ensemble(1, members).own().electionPort();
    try (var _ = new ServerSocket(election, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> EmbeddedZooKeeper.open(folder, new Ensemble(1, members)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("ZooKeeper election port " + election + " is in use");
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aMemberThatWaitsForTheOthersCanBeClosed() throws Exception {
    SortedMap<Integer, Ensemble.Member> members = FreeMembers.draw(3);
    var waiting = new CompletableFuture<Void>();
    try (var zookeeper = EmbeddedZooKeeper.open(folder, new Ensemble(1, members))) {
      Thread.ofPlatform()
          .start(() -> {
            try {
              zookeeper.awaitServing();
              waiting.complete(null);
            } catch (RuntimeException e) {
              waiting.completeExceptionally(e);
            }
          });
      assertThat(zookeeper.leads()).isFalse();
    }
    assertThat(waiting)
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(UserError.class)
        .withMessageContaining("it was closed");
    // The ports are free again at once.
    EmbeddedZooKeeper.open(folder, new Ensemble(1, members)).close();
  }

  private static SortedMap<Integer, Ensemble.Member> some(int count) {
    var members = new TreeMap<Integer, Ensemble.Member>();
    for (int id = 1; id <= count; id++) {
      members.put(id, new Ensemble.Member("node" + id, 2888, 3888, 2181));
    }
    return members;
  }

  private static SortedMap<Integer, Ensemble.Member> members(String... lines) {
    var members = new TreeMap<Integer, Ensemble.Member>();
    for (String line : lines) {
      String[] member = line.split("=", 2);
      members.put(Integer.valueOf(member[0]), Ensemble.Member.parse(member[1]));
    }
    return members;
  }
}
