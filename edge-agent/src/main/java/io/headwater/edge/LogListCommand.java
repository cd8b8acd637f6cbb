package io.headwater.edge;

import io.headwater.edge.log.LogSurvey;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headwater edge log ls}. */
@Command(
    name = "ls",
    description = "Lists the files of the log, oldest first, and which offsets are in them.")
final class LogListCommand implements Callable<Integer> {
  @Mixin private final LogFolder log = new LogFolder();

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
    for (LogSurvey.Report file : LogSurvey.look(log.path(), false)) {
      print(out, file);
    }
    out.flush();
    return 0;
  }

  static void print(PrintWriter out, LogSurvey.Report file) {
    out.printf(
        Locale.ROOT,
        "%s  %s  %.1f MiB  %d rows%n",
        file.file().getFileName(),
        file.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
        file.bytes() / 1048576.0,
        file.rows());
    new TreeMap<>(file.partitions())
        .forEach((partition, held) ->
            out.printf(
                Locale.ROOT,
                "  %s  offsets %d to %d, %d rows%n",
                partition,
                held.first(),
                held.next() - 1,
                held.rows()));
    file.damage().forEach(damage -> out.println("  damaged: " + damage));
  }
}
