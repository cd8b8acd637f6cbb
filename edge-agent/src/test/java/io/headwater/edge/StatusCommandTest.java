package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.Main;
import io.headwater.testsupport.FreePorts;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StatusCommandTest {
  private static final StreamPartition A = new StreamPartition("a", 0);

  @TempDir private Path folder;

  private record Ran(int code, String out, String error) {}

  private static Ran run(String... arguments) {
    var out = new StringWriter();
    var error = new AtomicReference<String>("");
    int code =
        new CommandLine(new StatusCommand())
            .setOut(new PrintWriter(out))
            .setExecutionExceptionHandler((failure, _, _) -> {
              error.set(String.valueOf(failure.getMessage()));
              return 1;
            })
            .execute(arguments);
    return new Ran(code, out.toString(), error.get());
  }

  /** Nobody listens there. */
  private static String closedPort() {
    return "127.0.0.1:" + FreePorts.take();
  }

  @Test
  void runningAgentTellsHowItDoes() throws Exception {
    try (var agent =
            new TestAgent(folder, "site-7", "log: {flash-budget: {bytes-per-day: 500MiB}}");
        var client = new TestClient(agent.port(), "c")) {
      for (int i = 0; i < 3; i++) {
        assertThat(client.publish("sensors/lab/dev42/temperature", "21." + i)).isTrue();
      }
      assertThat(client.publish("other", "x")).isTrue();

      assertThat(client.publish("$SYS/not/allowed", "x")).isFalse();

      Ran text = run("--http", agent.http());
      Ran json = run("--http", agent.http(), "--json");

      assertThat(text.code()).as(text.error()).isZero();
      assertThat(text.out())
          .contains("gateway site-7, version 0.1.0, up for ", "\nclock   ")
          .containsPattern("\nwaiting 4 readings, the oldest for \\d+ s\n")
          .contains("\n        sensors.temperature/0  3\n        mqtt/0                 1\n")
          .contains("\nwritten not known yet, budget 500.0 MiB\n")
          .contains("\ndrain   not known", "\nrates   in ", "\nuplink  not connected for ")
          .containsPattern("\nerror   client, \\d+ s ago: not_authorized\n")
          .doesNotContain("\nproblem", "error   uplink");
      JsonNode page = new ObjectMapper().readTree(json.out());
      assertThat(page.path("running").asBoolean()).isTrue();
      assertThat(page.at("/waiting/readings").asLong()).isEqualTo(4);
      assertThat(page.at("/waiting/partitions/1/stream").asText()).isEqualTo("sensors.temperature");
      assertThat(page.at("/storage/budgetBytesPerDay").asLong()).isEqualTo(500 << 20);
      assertThat(page.at("/storage/syncIntervalSeconds").asDouble()).isEqualTo(1);
      assertThat(page.at("/uplink/connected").isBoolean()).isTrue();
      assertThat(page.at("/errors/0/of").asText()).isEqualTo("client");
      assertThat(page.at("/errors/0/times").asLong()).isEqualTo(1);
    }
  }

  @Test
  void withoutAnAgentTheDiskIsTold() throws Exception {
    try (EdgeLog log =
        EdgeLog.open(
            folder.resolve(EdgeAgent.LOG_FOLDER),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      for (int i = 0; i < 5; i++) {
        var outcome = new CompletableFuture<Append.Outcome>();
        assertThat(
                log.offer(
                    new Append(
                        A,
                        null,
                        new byte[1],
                        1000,
                        ClockQuality.SYNCED,
                        "t",
                        "c",
                        outcome::complete)))
            .isTrue();
        assertThat(outcome.join()).isEqualTo(Append.Outcome.COMMITTED);
      }
      log.settle(A, OffsetRanges.of(0, 2));
    }
    String nowhere = closedPort();

    Ran text = run("--http", nowhere, "--data", folder.toString());
    Ran json = run("--http", nowhere, "--data", folder.toString(), "--json");

    assertThat(text.code()).isEqualTo(1);
    assertThat(text.out())
        .contains("agent   not running", "files: 1", "\nwaiting 3 readings\n        a/0  3\n");
    assertThat(text.error())
        .contains("no agent answers at http://" + nowhere + " (", "start it, or say by");
    assertThat(json.code()).isEqualTo(1);
    JsonNode page = new ObjectMapper().readTree(json.out());
    assertThat(page.path("running").asBoolean()).isFalse();
    assertThat(page.at("/waiting/readings").asLong()).isEqualTo(3);
  }

  @Test
  void withoutAgentAndLogOnlyTheErrorIsLeft() throws Exception {
    Ran ran = run("--http", closedPort(), "--data", folder.toString());

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.error()).contains("no agent answers at http://");
  }

  @Test
  void addressThatIsNoneIsWrongUsage() {
    assertThat(Main.execute(new StatusCommand(), "--http", "nowhere")).isEqualTo(2);
  }

  @Test
  void spansAreReadable() {
    assertThat(StatusText.span(0)).isEqualTo("0 s");
    assertThat(StatusText.span(119)).isEqualTo("119 s");
    assertThat(StatusText.span(120)).isEqualTo("2 min");
    assertThat(StatusText.span(7_200)).isEqualTo("2 h");
    assertThat(StatusText.span(200_000)).isEqualTo("2 d");
  }
}
