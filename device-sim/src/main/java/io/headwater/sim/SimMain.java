package io.headwater.sim;

import io.headwater.process.Main;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code headwater sim}, {@code headwater demo} and {@code headwater cluster}. */
@Command(
    name = "headwater",
    mixinStandardHelpOptions = true,
    description = "Simulated devices and the verifier.",
    subcommands = {SimMain.Sim.class, DemoCommand.class, ClusterCommand.class})
public final class SimMain implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    Main.run(new SimMain(), args);
  }

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Say what to do: sim run, demo, or cluster up.");
  }

  /** {@code headwater sim}: in helps and hints, its commands are called what is typed. */
  @Command(
      name = "sim",
      mixinStandardHelpOptions = true,
      description = "Simulated devices and the verifier.",
      subcommands = {RunCommand.class, JudgeCommand.class, ShowCommand.class})
  static final class Sim implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    @SuppressWarnings("NullAway") // picocli sets the spec
    public void run() {
      throw new ParameterException(
          spec.commandLine(),
          "Say what to do: %s %s"
              .formatted(spec.qualifiedName(), String.join(" | ", spec.subcommands().keySet())));
    }
  }
}
