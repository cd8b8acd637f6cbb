package io.headwater.edge;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headwater edge log cat}. */
@Command(name = "cat", description = "Prints what is committed, in the order of writing.")
final class LogCatCommand implements Callable<Integer> {
  /** How rows are printed. */
  enum Format {
    TEXT,
    JSON
  }

  @Mixin private RowSelection rows = new RowSelection();

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
    rows.forEach(row -> out.println(format == Format.JSON ? RowText.json(row) : RowText.line(row)));
    out.flush();
    return 0;
  }
}
