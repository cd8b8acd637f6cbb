package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.UserError;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands that look into a log, beside the agent that writes it and without one. */
class LogCommandTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(64), Duration.ZERO, 8192);

  @TempDir private Path data;

  private EdgeLog open() {
    return EdgeLog.open(
        data.resolve(EdgeAgent.LOG_FOLDER),
        SMALL_FILES,
        new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private static void commit(EdgeLog log, byte[] value) {
    var outcome = new CompletableFuture<Append.Outcome>();
    assertThat(
            log.offer(
                new Append(A, null, value, 1000, ClockQuality.SYNCED, "t", "c", outcome::complete)))
        .isTrue();
    assertThat(outcome.join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  private static void commit(EdgeLog log, String value) {
    commit(log, value.getBytes(StandardCharsets.UTF_8));
  }

  private List<Path> files(String suffix) throws IOException {
    try (Stream<Path> entries = Files.list(data.resolve(EdgeAgent.LOG_FOLDER))) {
      return entries.filter(each -> each.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private record Ran(int code, String out) {}

  private static Ran run(String... arguments) {
    var out = new StringWriter();
    var failure = new AtomicReference<@Nullable Exception>();
    int code =
        new CommandLine(new LogCommand())
            .setOut(new PrintWriter(out))
            .setExecutionExceptionHandler((thrown, _, _) -> {
              failure.set(thrown);
              return 1;
            })
            .execute(arguments);
    if (failure.get() instanceof RuntimeException thrown) {
      throw thrown;
    }
    return new Ran(code, out.toString());
  }

  @Test
  void listsFilesAndOffsetsWhileTheAgentWrites() throws IOException {
    try (EdgeLog log = open()) {
      int rows = 0;
      while (files(".edgelog").size() < 2) {
        commit(log, "x".repeat(4000));
        rows++;
      }
      commit(log, "last");

      Ran ls = run("ls", "--data", data.toString());

      assertThat(ls.code()).isZero();
      assertThat(ls.out())
          .containsPattern("0001.edgelog  sealed  \\d+\\.\\d MiB  \\d+ rows")
          .contains("a/0  offsets 0 to ")
          .containsPattern(".edgelog  active  .* rows")
          .containsPattern("a/0  offsets \\d+ to " + rows + ", ");
      Ran verify = run("verify", "--data", data.toString());
      assertThat(verify.code()).isZero();
      assertThat(verify.out()).contains("2 files, " + (rows + 1) + " rows: all whole");
    }
  }

  @Test
  void verifyTellsWhatIsDamagedAndExportGetsTheRest() throws Exception {
    byte[] noText = {(byte) 0xC3, 0x28};
    try (EdgeLog log = open()) {
      commit(log, "one");
      commit(log, "two");
      commit(log, noText);
    }
    Path file = files(".edgelog").getFirst();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      // As a flipped bit would: SQLite sees nothing wrong in it.
      statement.executeUpdate("UPDATE batch SET rows = rows || 'x' WHERE seq = 2");
    }

    Ran verify = run("verify", "--data", data.toString());
    assertThat(verify.code()).isEqualTo(1);
    assertThat(verify.out())
        .contains("damaged: the checksum of the rows from 2 on does not match")
        .contains("1 of the files are damaged");

    Path out = data.resolve("out.jsonl");
    for (String[] source :
        List.of(
            new String[] {"--data", data.toString()}, new String[] {"--file", file.toString()})) {
      Ran export = run("export", source[0], source[1], "--out", out.toString());
      assertThat(export.code()).isZero();
      assertThat(export.out()).contains("2 rows written to " + out);
      List<String> lines = Files.readAllLines(out);
      JsonNode first = new ObjectMapper().readTree(lines.getFirst());
      assertThat(first.get("value").asText()).isEqualTo("one");
      assertThat(first.get("offset").asLong()).isZero();
      JsonNode last = new ObjectMapper().readTree(lines.getLast());
      assertThat(last.get("valueBase64").binaryValue()).isEqualTo(noText);
      assertThat(last.has("value")).isFalse();
      Files.delete(out);
    }
  }

  @Test
  void exportOverwritesNothing() throws IOException {
    open().close();
    Path out = Files.writeString(data.resolve("out.jsonl"), "mine");

    assertThatThrownBy(() -> run("export", "--data", data.toString(), "--out", out.toString()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is there already");
    assertThat(out).hasContent("mine");
    assertThatThrownBy(() -> run("ls", "--data", data.resolve("none").toString()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("name the agent's folder with --data");
  }
}
