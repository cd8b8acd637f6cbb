package io.headwater.edge;

import io.headwater.edge.log.LogSurvey;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headwater edge log verify}. */
@Command(
    name = "verify",
    description = {
      "Reads every byte of the log and checks it; changes nothing.",
      "Ends with 1 if something is damaged."
    })
final class LogVerifyCommand implements Callable<Integer> {
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
    long rows = 0;
    int damaged = 0;
    var files = LogSurvey.look(log.path(), true);
    for (LogSurvey.Report file : files) {
      rows += file.rows();
      if (!file.damage().isEmpty()) {
        damaged++;
        LogListCommand.print(out, file);
      }
    }
    out.println(
        files.size()
            + " files, "
            + rows
            + " rows: "
            + (damaged == 0 ? "all whole" : damaged + " of the files are damaged"));
    out.flush();
    return damaged == 0 ? 0 : 1;
  }
}
