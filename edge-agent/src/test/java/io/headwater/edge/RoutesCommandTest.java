package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RoutesCommandTest {
  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void write() throws Exception {
    config =
        Files.writeString(
            folder.resolve("new.yaml"),
            """
            routes:
              - {topic: "sensors/#", stream: all, key: x}
              - {topic: "sensors/+/+device/temperature", stream: temps, key: "{device}", durability: memory, dedupe: {json: /id, window: 10m}}
              - {topic: "sensors/+site/+device/+kind", stream: "sensors.{kind}", key: "{device}"}
              - {topic: "sensors/+site/+device/+sort", stream: twin, key: "{device}"}
              - {topic: "bad/+name", stream: "__{name}", key: k}
            """);
  }

  private String explain(String topic) {
    var out = new StringWriter();
    var command = new CommandLine(new RoutesCommand()).setOut(new PrintWriter(out));

    assertThat(command.execute("--explain", topic, "--config", config.toString())).isZero();
    return out.toString();
  }

  @Test
  void theWinnerItsWildcardsAndTheLosersAreTold() {
    assertThat(explain("sensors/lab/dev42/temperature"))
        .startsWith(
            """
            topic   sensors/lab/dev42/temperature
            route   sensors/+/+device/temperature
                    + = lab
                    device = dev42
            stream  temps
            key     dev42
            acks    memory: once queued
            full    reject: refused while there is no room
            dedupe  by JSON '/id' of the same client, for 600 s
            why     rule sensors/+/+device/temperature takes it
            loses   sensors/+site/+device/+kind: at level 4 it has '+kind', the other names 'temperature': more specific
            loses   sensors/+site/+device/+sort: at level 4 it has '+sort', the other names 'temperature': more specific
            loses   sensors/#: at level 2 it has '#', the other has '+': more specific
            """);
  }

  @Test
  void rulesThatAreEquallySpecificAreTold() {
    assertThat(explain("sensors/lab/dev42/humidity"))
        .contains(
            "kind = humidity\n",
            "stream  sensors.humidity\n",
            "loses   sensors/+site/+device/+sort: as specific as the other at every level, and"
                + " further down in the file\n",
            "warning sensors/+site/+device/+kind and sensors/+site/+device/+sort take the same");
  }

  @Test
  void theRestOfATopicIsTold() {
    assertThat(explain("sensors/lab/x")).contains("route   sensors/#\n        # = lab/x\n");
    assertThat(explain("sensors")).contains("route   sensors/#\n        # = \n");
  }

  @Test
  void defaultsAreTold() {
    assertThat(explain("a/b"))
        .contains(
            "route   none: the default\nstream  mqtt\nkey     a/b\nacks    fsync: once committed");
    assertThat(explain("bad/x"))
        .contains(
            "route   bad/+name\n        name = x\nstream  mqtt\nkey     bad/x\n",
            "gives '__x', not a name for a stream");
  }

  @Test
  void whatAFlashBudgetMayCostIsTold() throws Exception {
    Files.writeString(
        config,
        """
        log: {flash-budget: {bytes-per-day: 500MiB}}
        routes:
          - {topic: "a/#", stream: a, key: x, durability: interval}
        """);

    assertThat(explain("a/b"))
        .contains(
            "acks    interval: once committed; forced to disk within 1000 ms, above 500MiB a day"
                + " within 60000 ms\n");
  }

  @Test
  void aFilterIsNoTopic() {
    var command =
        new CommandLine(new RoutesCommand())
            .setExecutionExceptionHandler((failure, _, _) -> {
              assertThat(failure).hasMessageContaining("--explain 'sensors/#' is no topic");
              return 9;
            });

    assertThat(command.execute("--explain", "sensors/#")).isEqualTo(9);
  }
}
