package io.headwater.edge;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge check}; fails if the agent could not do all of its work. */
@Command(
    name = "check",
    description =
        "Looks at what the agent needs on this device: its files and certificates, the devices of"
            + " its inputs and outputs, room and speed of the disk, the clock, the way to its"
            + " bridges. Takes some seconds and disturbs no running agent; call it as the user that"
            + " the agent runs as.")
final class CheckCommand implements Callable<Integer> {
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
    PrintWriter out = spec.commandLine().getOut();
    var checkup =
        new Checkup(
            EdgeConfig.of(config),
            finding -> {
              out.println(finding);
              out.flush();
            });
    return checkup.run() ? 0 : 1;
  }
}
