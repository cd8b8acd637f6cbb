package io.headwater.edge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.log.LogPrinter;
import io.headwater.edge.log.PrintedRow;
import io.headwater.uplink.UplinkRecord;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The commands {@code headwater edge log …}: look into the log, also while the agent runs. */
@Command(
    name = "log",
    description = "Looks into the log of an agent.",
    subcommands = LogCommand.Cat.class)
final class LogCommand implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getErr());
    }
    return 2;
  }

  /** How rows are printed. */
  enum Format {
    TEXT,
    JSON
  }

  /** {@code headwater edge log cat}. */
  @Command(name = "cat", description = "Prints what is committed, in the order of writing.")
  static final class Cat implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(
        names = "--data",
        paramLabel = "DIR",
        description = "The agent's data folder. Default: ${DEFAULT-VALUE}.")
    private Path data = EdgeConfig.DEFAULTS.data();

    @Option(names = "--stream", paramLabel = "NAME", description = "Only this stream.")
    private @Nullable String stream;

    @Option(names = "--from", paramLabel = "OFFSET", description = "Only from this offset on.")
    private long from;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many rows.")
    private long limit = Long.MAX_VALUE;

    @Option(names = "--format", description = "text or json. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TEXT;

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Shows this text.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      if (spec == null) {
        throw new IllegalStateException("not called by picocli");
      }
      PrintWriter out = spec.commandLine().getOut();
      LogPrinter.print(
          data.resolve(EdgeAgent.LOG_FOLDER),
          row ->
              (stream == null || row.partition().stream().equals(stream))
                  && row.record().offset() >= from,
          limit,
          row -> out.println(format == Format.JSON ? json(row) : text(row)));
      out.flush();
      return 0;
    }

    private static String text(PrintedRow row) {
      UplinkRecord record = row.record();
      return "%d %s@%d %s %s %s %s"
          .formatted(
              row.seq(),
              row.partition(),
              record.offset(),
              Instant.ofEpochMilli(record.capturedMs()),
              record.clock().text(),
              record.mqttTopic(),
              utf8(record.value()));
    }

    private static String json(PrintedRow row) {
      UplinkRecord record = row.record();
      var fields = new LinkedHashMap<String, Object>();
      fields.put("seq", row.seq());
      fields.put("stream", row.partition().stream());
      fields.put("partition", row.partition().partition());
      fields.put("offset", record.offset());
      fields.put("captured", record.capturedMs());
      fields.put("clock", record.clock().text());
      fields.put("topic", record.mqttTopic());
      fields.put("client", record.mqttClient());
      byte[] key = record.key();
      fields.put("key", key == null ? "" : utf8(key));
      fields.put("value", utf8(record.value()));
      try {
        return JSON.writeValueAsString(fields);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("a map of texts and numbers is JSON", e);
      }
    }

    private static String utf8(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
