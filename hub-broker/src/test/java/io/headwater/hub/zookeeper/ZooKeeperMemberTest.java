package io.headwater.hub.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.zookeeper.ZooKeeperMember.Role;
import io.headwater.process.HostPort;
import io.headwater.testsupport.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ZooKeeperMemberTest {
  private static final HostPort ADDRESS = new HostPort("zk", 2181);

  @TempDir Path folder;

  private static Role role(String answer) {
    return ZooKeeperMember.of(ADDRESS, answer).role();
  }

  @Test
  void readsWhatAServerSaysOfItself() {
    assertThat(role("Zookeeper version: 3.9.5\nMode: follower\nNode count: 5\n"))
        .isEqualTo(Role.FOLLOWER);
    assertThat(role("Mode: leader\n")).isEqualTo(Role.LEADER);
    assertThat(role("Mode: observer\n")).isEqualTo(Role.OBSERVER);
    assertThat(role("Mode: standalone\n")).isEqualTo(Role.STANDALONE);
    assertThat(role("Mode: read-only\n")).isEqualTo(Role.NOT_TOLD);
    assertThat(role("This ZooKeeper instance is not currently serving requests\n"))
        .isEqualTo(Role.NOT_SERVING);
    assertThat(role("")).isEqualTo(Role.NOT_SERVING);
    assertThat(role("srvr is not executed because it is not in the whitelist.\n"))
        .isEqualTo(Role.NOT_TOLD);
    assertThat(role("HTTP/1.1 400 Bad Request\r\n\r\n")).isEqualTo(Role.UNREACHABLE);
  }

  @Test
  void asksAllAtOnceAndTellsWhyOneDoesNotAnswer() throws Exception {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0));
        var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int closed = FreePorts.take();
      List<ZooKeeperMember> members =
          ZooKeeperMember.ask(
              List.of(
                  new HostPort("127.0.0.1", silent.getLocalPort()),
                  zookeeper.address(),
                  new HostPort("127.0.0.1", closed),
                  new HostPort("no-such-host.invalid", 2181)));
      assertThat(members)
          .extracting(ZooKeeperMember::role)
          .containsExactly(Role.UNREACHABLE, Role.LEADER, Role.UNREACHABLE, Role.UNREACHABLE);
      assertThat(members)
          .extracting(ZooKeeperMember::detail)
          .containsExactly("no answer within 2 s", "", "connection refused", "unknown host");
      assertThat(members.get(1).role().serves()).isTrue();
      assertThat(members.getFirst().role().serves()).isFalse();
    }
  }

  @Test
  void noOtherWordIsAnswered() throws IOException {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0))) {
      for (String word : List.of("conf", "dump", "envi", "mntr", "stat", "wchp")) {
        try (var socket =
            new Socket(InetAddress.getLoopbackAddress(), zookeeper.address().port())) {
          socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
          assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
              .contains(word + " is not executed because it is not in the whitelist");
        }
      }
    }
  }
}
