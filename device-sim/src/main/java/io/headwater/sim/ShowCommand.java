package io.headwater.sim;

import io.headwater.sim.scenario.ReadyScenarios;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code headwater sim show}. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Lists the scenarios that ship, or prints one: a file to begin your own from.")
final class ShowCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The scenario to print.")
  private @Nullable String name;

  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (name != null) {
      out.print(ReadyScenarios.text(name));
    } else {
      for (String each : ReadyScenarios.NAMES) {
        out.println("%-16s %s".formatted(each, ReadyScenarios.find(each).about()));
      }
    }
    out.flush();
    return 0;
  }
}
