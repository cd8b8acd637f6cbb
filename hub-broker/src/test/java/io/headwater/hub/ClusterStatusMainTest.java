package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import io.headwater.testsupport.FreePorts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

@Timeout(60)
class ClusterStatusMainTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();

  private int run(String... arguments) {
    var command = new ClusterStatusMain();
    new CommandLine(command).setOut(new PrintWriter(out)).parseArgs(arguments);
    return command.call();
  }

  private void refused(String message, String... arguments) {
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> run(arguments))
        .withMessageContaining(message)
        .satisfies(error -> assertThat(error.exitCode()).isEqualTo(2));
  }

  @Test
  void refusesWhatNamesNoCluster() throws Exception {
    refused("say which cluster: --config FILE");
    refused("--zookeeper: 'hub1' is not an address", "--zookeeper", "hub1");
    refused("--zookeeper: '' is not an address", "--zookeeper", "hub1:2181,");
    String single = Files.writeString(folder.resolve("single.yaml"), "node-id: 1\n").toString();
    refused("is that of a hub of one node", "--config", single);
    refused(
        "zookeper", "--config", Files.writeString(folder.resolve("bad"), "zookeper: 1").toString());
    assertThatThrownBy(() -> run("--config", single, "--zookeeper", "hub1:2181"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--config and --zookeeper are both given");
  }

  @Test
  void failsWhereNobodyIs() throws Exception {
    int closed = FreePorts.take();
    assertThat(run("--zookeeper", "127.0.0.1:" + closed)).isOne();
    assertThat(out.toString())
        .startsWith("cluster cannot be looked at\n! ZooKeeper has no majority: 0 of its 1 members")
        .contains("127.0.0.1:" + closed + "  unreachable: connection refused");
  }
}
