package io.headwater.edge;

import io.headwater.edge.input.InputTable;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge inputs list}; fails if a declaration is wrong. */
@Command(name = "list", description = "Lists the inputs that are declared; touches no bus.")
final class InputsListCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "The agent's configuration.")
  private @Nullable Path config;

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
    EdgeConfig read = EdgeConfig.of(config);
    var out = spec.commandLine().getOut();
    int wrong = InputTable.list(read.inputPlan(), out);
    out.flush();
    return wrong == 0 ? 0 : 1;
  }
}
