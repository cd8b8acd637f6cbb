package io.headwater.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that talks to a hub. */
@Command(mixinStandardHelpOptions = true)
abstract class HubCommand implements Callable<Integer> {
  @Mixin private final HubOptions options = new HubOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public final Integer call() {
    checkOptions();
    PrintWriter out = spec.commandLine().getOut();
    try (Hub hub = Hub.connect(options.client())) {
      int exitCode = run(hub, out);
      out.flush();
      return exitCode;
    }
  }

  /** Refuses options that do not go together, before the hub is asked for anything. */
  void checkOptions() {}

  /** Does it; the exit code. */
  abstract int run(Hub hub, PrintWriter out);
}
