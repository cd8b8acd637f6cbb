package io.headwater.sim;

import io.headwater.process.DataFolder;
import io.headwater.sim.local.LocalPorts;
import io.headwater.sim.local.LocalSystem;
import io.headwater.sim.local.Part;
import io.headwater.sim.scenario.Load;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headwater demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Starts hub, bridge, edge agent and analytics on this machine with simulated devices, shows"
            + " what flows, and says at the end what became of every reading. Exit code 0 only if"
            + " nothing was lost, doubled or damaged.")
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ".headwater",
      description = "Folder for the data and logs of all processes; default ${DEFAULT-VALUE}.")
  private Path data = Path.of(".headwater");

  @Option(
      names = "--ports",
      paramLabel = "usual|free",
      defaultValue = "USUAL",
      description =
          "usual: those of the documentation; free: any that are free. Default ${DEFAULT-VALUE}.")
  private Choice ports = Choice.USUAL;

  /** Which ports. */
  enum Choice {
    USUAL,
    FREE
  }

  @Mixin private final LoadOptions load = new LoadOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    // The launcher becomes this JVM, so this is when the user pressed Enter.
    Clock clock = Clock.systemUTC();
    long startedMs =
        ProcessHandle.current().info().startInstant().orElse(clock.instant()).toEpochMilli();
    try (DataFolder folder = DataFolder.lock(data, "demo")) {
      LocalPorts where = ports == Choice.FREE ? LocalPorts.free() : LocalPorts.DEFAULTS;
      where.requireFree(" (the demo takes any with --ports free)");
      Path home = LocalSystem.home();
      var system =
          new LocalSystem(
              home,
              folder.path(),
              where,
              home.resolve("streams-analytics/examples/demo-queries.yaml"),
              line -> say(out, "  " + line));
      try (var interruption = new Interruption(system::killAll);
          system) {
        say(
            out,
            "Starting %d processes, data and logs in %s".formatted(Part.OWN.size(), folder.path()));
        var demo =
            new Demo(
                system,
                where,
                load.fleet(Load.UNSAID, where.mqttAddress(), "demo", clock),
                clock.millis() - startedMs,
                clock,
                line -> say(out, line));
        RunResult result = demo.run(load.length(), interruption);
        load.json().ifPresent(result::write);
        say(out, result.describe());
        return result.passed() ? 0 : 1;
      }
    }
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
