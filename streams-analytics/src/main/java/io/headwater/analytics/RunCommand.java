package io.headwater.analytics;

import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.api.EventTime;
import io.headwater.process.Config;
import io.headwater.process.Setting;
import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code headwater analytics run}. */
@Command(
    name = "run",
    description =
        "Computes a query of the query file over what its topics hold, prints its results, and"
            + " ends. No running instance is needed or disturbed, and nothing is written to the"
            + " hub.")
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "QUERY", description = "The query's name.")
  private String name = "";

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description =
          "The earliest start of a window, or of a reading that is answered by itself: ISO 8601"
              + " (without an offset it is UTC) or milliseconds since 1970. Default: all.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description =
          "Where windows end at the latest. Default: all, also those that are still open.")
  private @Nullable String to;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration of analytics, for its keys hub and queries.")
  private @Nullable Path config;

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      description = "The hub, or any Kafka cluster; several separated by commas.")
  private @Nullable String hub;

  @Option(
      names = "--queries",
      paramLabel = "FILE",
      description = "YAML file that declares the queries.")
  private @Nullable String queries;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  /**
   * What windows and readings are told.
   *
   * @param fromMs the earliest start, inclusive; milliseconds since 1970
   * @param toMs the latest end, which is the first instant after a window
   */
  private record Range(Query query, long fromMs, long toMs) implements BatchRun.Selection {
    @Override
    public boolean hasKey(Bytes key) {
      return true;
    }

    @Override
    public boolean has(Bytes key, long startMs, long endMs) {
      return startMs >= fromMs
          && query.windows().orElseThrow().window().endExclusiveMs(endMs) <= toMs;
    }

    boolean has(long timeMs) {
      return timeMs >= fromMs && timeMs < toMs;
    }
  }

  /** Prints results, and counts them. */
  private static final class Lines implements BatchRun.Results {
    private final Range range;
    private final PrintWriter out;
    private final @Nullable ResultEncoder windows;
    private long told;

    Lines(Query query, Range range, PrintWriter out) {
      this.range = range;
      this.out = out;
      this.windows =
          query.windows().map(each -> new ResultEncoder(query, each, Gaps.NONE)).orElse(null);
    }

    @Override
    public void answer(long timeMs, byte[] value) {
      if (range.has(timeMs)) {
        tell(value);
      }
    }

    @Override
    @SuppressWarnings("NullAway") // only queries with windows have some
    public void window(Windowed<Bytes> window, WindowState state) {
      ResultScope result = windows.told(window, state);
      if (windows.isWanted(result)) {
        tell(windows.encode(result, 0));
      }
    }

    private void tell(byte[] line) {
      out.println(new String(line, StandardCharsets.UTF_8));
      told++;
    }
  }

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    AnalyticsConfig settings = settings();
    Query query = query(Analytics.queries(settings));
    Range range = range(query);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (ScratchFolder scratch = ScratchFolder.temporary()) {
      err.println(run(settings, query, range, scratch.path(), out));
    } catch (KafkaException e) {
      throw UserError.failure(
          "the hub at " + ClientConfigs.bootstrap(settings) + " does not answer: " + e.getMessage(),
          e);
    } finally {
      out.flush();
      err.flush();
    }
    return 0;
  }

  private AnalyticsConfig settings() {
    var given = new ArrayList<Setting>();
    if (hub != null) {
      given.add(new Setting("hub", hub, "--hub"));
    }
    if (queries != null) {
      given.add(new Setting("queries", queries, "--queries"));
    }
    return Config.read(
        "analytics", AnalyticsConfig.DEFAULTS, Optional.ofNullable(config), System.getenv(), given);
  }

  private Query query(List<Query> declared) {
    List<String> names = declared.stream().map(Query::name).toList();
    return declared.stream()
        .filter(query -> query.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> UserError.usage("there is no query '" + name + "'" + YamlFile.hint(name, names)));
  }

  private Range range(Query query) {
    long fromMs = from == null ? 0 : time("--from", from);
    long toMs = to == null ? Times.FOREVER : time("--to", to);
    if (fromMs >= toMs) {
      throw UserError.usage(
          "--from %s is not before --to %s: windows are told that start at the one and end at the"
                  .formatted(from == null ? "1970-01-01" : from, to)
              + " other, or between them");
    }
    return new Range(query, fromMs, toMs);
  }

  private static long time(String option, String text) {
    try {
      return Times.parse(text);
    } catch (IllegalArgumentException e) {
      throw UserError.usage(option + " " + e.getMessage());
    }
  }

  /**
   * How long before the first window a reading may count: as the other of a join, or because the
   * session goes on that it belongs to, and is then none that begins within the range.
   */
  private static long reachMs(Query query) {
    long joined = query.source().join().map(join -> join.within().toMillis()).orElse(0L);
    long gap =
        query
            .windows()
            .map(windows ->
                windows.window() instanceof Window.Session(var pause, _) ? pause.toMillis() : 0L)
            .orElse(0L);
    return joined + gap;
  }

  /** Returns what is said of it in the end. */
  private static String run(
      AnalyticsConfig settings, Query query, Range range, Path scratch, PrintWriter out) {
    Map<String, Object> reading = ClientConfigs.history(settings);
    var registry = new SimpleMeterRegistry();
    var metrics = new AnalyticsMetrics(registry).forQuery(query.name());
    var input = new RunInput(query, reading);
    var lines = new Lines(query, range, out);
    try (var memory = new StateMemory(settings.stateMemory().bytes());
        var run = new BatchRun(query, range, metrics, scratch, memory, lines)) {
      // A capture may lie so much after its record's time, and still be believed.
      long fromMs = Math.max(0, range.fromMs() - EventTime.MAX_AHEAD_MS - reachMs(query));
      input.feed(run, fromMs, false, _ -> true);
      run.finish();
      double undecodable =
          metrics.undecodableByReason().values().stream().mapToDouble(Counter::count).sum();
      return "%,d records of %s: %,d results, %,d left out, %,d undecodable"
          .formatted(
              (long) metrics.readings().count(),
              String.join(", ", input.sources()),
              lines.told,
              (long) metrics.leftOut().count(),
              (long) undecodable);
    }
  }
}
