package io.headwater.sim;

import io.headwater.process.DataFolder;
import io.headwater.sim.local.LocalCluster;
import io.headwater.sim.local.LocalSystem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code headwater cluster}. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    description = "A cluster of hubs on this machine, for trying out.",
    footer = "headwater cluster status tells how any cluster of hubs does.",
    subcommands = ClusterCommand.Up.class)
final class ClusterCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Say what to do: cluster up | cluster status.");
  }

  /** {@code headwater cluster up}. */
  @Command(
      name = "up",
      mixinStandardHelpOptions = true,
      description =
          "Starts hubs that make one cluster, and runs until Ctrl-C. Kill any of them and see the"
              + " others go on.")
  static final class Up implements Callable<Integer> {
    private static final Duration START_WITHIN = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofMillis(200);

    @Option(
        names = "--nodes",
        paramLabel = "N",
        defaultValue = "3",
        description = "How many, 1 to 5; default ${DEFAULT-VALUE}.")
    private int nodes = 3;

    @Option(
        names = "--port",
        paramLabel = "PORT",
        defaultValue = "9092",
        description =
            "For Kafka clients of the first; the others have the next. Default ${DEFAULT-VALUE}.")
    private int port = 9092;

    @Option(
        names = "--data",
        paramLabel = "DIR",
        defaultValue = ".headwater/cluster",
        description = "Folder for their configurations, data and logs; default ${DEFAULT-VALUE}.")
    private Path data = Path.of(".headwater", "cluster");

    @Spec private @Nullable CommandSpec spec;

    @Override
    @SuppressWarnings("NullAway") // picocli sets the spec
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      try (DataFolder folder = DataFolder.lock(data, "cluster")) {
        LocalCluster cluster = LocalCluster.prepare(folder.path(), nodes, port);
        LocalSystem system = cluster.system(LocalSystem.home(), line -> say(out, "  " + line));
        try (var interruption = new Interruption(system::killAll);
            system) {
          say(out, "Starting %d hubs, all of theirs in %s".formatted(nodes, folder.path()));
          system.start(START_WITHIN, interruption::wasAsked);
          for (LocalCluster.Node node : cluster.nodes()) {
            say(
                out,
                "node %d  kafka %s  pid %d  again: ./headwater hub --config %s"
                    .formatted(node.id(), node.kafka(), system.pid(node.member()), node.config()));
          }
          say(out, "bootstrap: " + cluster.bootstrap());
          say(out, "Ctrl-C ends all of them.");
          var told = new HashSet<String>();
          while (!interruption.awaitAsked(LOOK.toNanos())) {
            system.ended().filter(told::add).forEach(line -> say(out, line));
          }
          // One after the other, the last two would have no majority to tell that they leave.
          system.stopTogether();
          return 0;
        }
      }
    }

    private static void say(PrintWriter out, String line) {
      out.println(line);
      out.flush();
    }
  }
}
