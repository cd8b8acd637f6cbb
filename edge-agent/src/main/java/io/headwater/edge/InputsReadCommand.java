package io.headwater.edge;

import io.headwater.edge.input.InputPlan;
import io.headwater.edge.input.InputTable;
import io.headwater.edge.input.Machines;
import io.headwater.process.NearestName;
import io.headwater.process.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge inputs read}; fails if an input has no value. */
@Command(
    name = "read",
    description =
        "Reads inputs once, here and now. Pins that a running agent has cannot be read beside it.")
final class InputsReadCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "Which ones; all if none is named.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "The agent's configuration.")
  private @Nullable Path config;

  @Option(names = "--simulate", description = "Simulates inputs whose bus is not there.")
  private boolean simulate;

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
    try (var machines = new Machines(Path.of("/"))) {
      InputPlan plan = read.inputPlan();
      checkNames(InputTable.names(plan));
      if (simulate || read.simulate()) {
        plan = plan.simulateMissing(machines);
      }
      int faulty =
          InputTable.read(plan, machines, name -> names.isEmpty() || names.contains(name), out);
      out.flush();
      return faulty == 0 ? 0 : 1;
    }
  }

  private void checkNames(List<String> known) {
    for (String name : names) {
      if (!known.contains(name)) {
        throw UserError.usage(
            "there is no input '"
                + name
                + "'"
                + NearestName.of(name, known)
                    .map(nearest -> ": did you mean '" + nearest + "'?")
                    .orElse(""));
      }
    }
  }
}
