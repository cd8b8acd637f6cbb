package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code headwater cluster up}, as somebody tries it with kcat. */
@Timeout(240)
class ClusterUpIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Pattern NODE = Pattern.compile("(?m)^node (\\d)  kafka \\S+  pid (\\d+) ");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private ChildProcess up(String... more) {
    var arguments = new ArrayList<String>(List.of("cluster", "up"));
    arguments.addAll(List.of("--data", folder.resolve("cluster").toString()));
    arguments.addAll(List.of(more));
    return Headwater.start(folder, arguments.toArray(new String[0]));
  }

  private static void await(ChildProcess process, String text) {
    Awaitility.await(text)
        .atMost(LIMIT)
        .until(() -> process.output().contains(text) || !process.isAlive());
    assertThat(process.output()).contains(text);
  }

  /** The first of three ports in a row that are free now. */
  private static int freePorts() {
    while (true) {
      int first = bind(0);
      if (bind(first + 1) > 0 && bind(first + 2) > 0) {
        return first;
      }
    }
  }

  /** The port, any free one for 0; -1 if it is taken or there is none such. */
  private static int bind(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException | IllegalArgumentException _) {
      return -1;
    }
  }

  private void produce(String kcat, String brokers, int from, int to) throws IOException {
    Path lines =
        Files.write(
            folder.resolve("lines-" + from),
            IntStream.range(from, to).mapToObj(i -> "line " + i).toList());
    try (ChildProcess producer =
        ChildProcess.start(
            folder,
            kcat,
            "-P",
            "-b",
            brokers,
            "-t",
            "try",
            "-X",
            "enable.idempotence=true",
            "-l",
            lines.toString())) {
      assertThat(producer.awaitExit(LIMIT)).as(producer.output()).isZero();
    }
  }

  @Test
  void oneOfThreeIsKilledAndNothingIsMissing() throws Exception {
    String kcat = OutsideSoftware.find("kcat").toString();
    int port = freePorts();
    String brokers = "127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d".formatted(port, port + 1, port + 2);
    try (ChildProcess cluster = up("--port", Integer.toString(port))) {
      await(cluster, "bootstrap: " + brokers);
      List<MatchResult> nodes = NODE.matcher(cluster.output()).results().toList();
      assertThat(nodes).hasSize(3);
      produce(kcat, brokers, 0, 1_000);
      ProcessHandle second = ProcessHandle.of(Long.parseLong(nodes.get(1).group(2))).orElseThrow();
      second.destroyForcibly();
      produce(kcat, brokers, 1_000, 2_000);
      await(cluster, "hub-2 ended with exit code 137");

      try (ChildProcess consumer =
          ChildProcess.start(folder, kcat, "-C", "-b", brokers, "-t", "try", "-e", "-q")) {
        assertThat(consumer.awaitExit(LIMIT)).as(consumer.output()).isZero();
        List<String> read =
            consumer.output().lines().filter(line -> line.startsWith("line ")).toList();
        assertThat(read).hasSize(2_000);
        assertThat(new HashSet<>(read)).hasSize(2_000);
      }
      cluster.signal("TERM");
      cluster.awaitExit(LIMIT);
      for (MatchResult node : nodes) {
        assertThat(ProcessHandle.of(Long.parseLong(node.group(2)))).isEmpty();
      }
    }
  }

  @Test
  void badNumbersAreRefused() {
    try (ChildProcess six = up("--nodes", "6")) {
      assertThat(six.awaitExit(LIMIT)).isEqualTo(2);
      assertThat(six.output()).contains("--nodes 6 is not between 1 and 5");
    }
  }
}
