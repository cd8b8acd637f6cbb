package io.headwater.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does nothing without one of its subcommands. */
@Command
abstract class CommandFamily implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public final void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Say what to do: %s %s"
            .formatted(spec.qualifiedName(), String.join(" | ", spec.subcommands().keySet())));
  }
}
