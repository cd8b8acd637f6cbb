package io.headwater.hub;

import io.headwater.hub.status.ClusterReader;
import io.headwater.hub.status.ClusterReport;
import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.Main;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code headwater cluster status}. */
@Command(
    name = "headwater cluster status",
    mixinStandardHelpOptions = true,
    description =
        "Tells how a cluster of hubs does: its ZooKeeper members, brokers and what each leads,"
            + " bookies, ledgers that lack copies; what is wrong, and what to do next. Exits with 0"
            + " if all is well, and with 1 if not.")
public final class ClusterStatusMain implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(6);
  private static final Duration END = Duration.ofSeconds(60);

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration of one of its nodes.")
  private @Nullable Path config;

  @Option(
      names = "--zookeeper",
      paramLabel = "HOST:PORT,...",
      description = "Where clients reach its ZooKeeper, in place of a configuration.")
  private @Nullable String zookeeper;

  @Option(
      names = "--partitions",
      description = "Lists every partition: who leads it, and who has taken it over.")
  private boolean partitions;

  @Option(names = "--json", description = "Prints JSON in place of tables.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  ClusterStatusMain() {}

  public static void main(String[] args) {
    Main.run(new ClusterStatusMain(), args);
  }

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public Integer call() {
    if (config != null && zookeeper != null) {
      throw new ParameterException(
          spec.commandLine(), "--config and --zookeeper are both given; take one of them.");
    }
    ClusterReader reader = zookeeper != null ? of(zookeeper) : ofConfig();
    ClusterReport report = await(reader);
    spec.commandLine().getOut().print(json ? report.json() : report.text());
    spec.commandLine().getOut().flush();
    return report.isWhole() ? 0 : 1;
  }

  /** BookKeeper's managers wait without end for a ZooKeeper that goes away meanwhile. */
  private ClusterReport await(ClusterReader reader) {
    var task =
        new FutureTask<>(() -> {
          try (reader) {
            return ClusterReport.read(reader, PATIENCE, partitions);
          }
        });
    Threads.start("hub-cluster-status", task);
    try {
      return task.get(END.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw UserError.failure(
          "the cluster could not be looked at within %d s: ZooKeeper answers slowly, or its members"
                  .formatted(END.toSeconds())
              + " come and go; look again, and read the logs of the nodes that run it",
          e);
    } catch (ExecutionException e) {
      throw UserError.failure("the cluster could not be looked at: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw UserError.failure("interrupted", e);
    }
  }

  private static ClusterReader of(String zookeeper) {
    return reader(addresses(zookeeper), OptionalInt.empty());
  }

  private ClusterReader ofConfig() {
    HubConfig hub =
        Config.read(
            "hub", HubConfig.DEFAULTS, Optional.ofNullable(config), System.getenv(), List.of());
    if (hub.cluster().isEmpty()) {
      throw UserError.usage(
          config == null
              ? "say which cluster: --config FILE, the configuration of one of its nodes, or"
                  + " --zookeeper HOST:PORT,..."
              : config
                  + " is that of a hub of one node: it has no 'cluster'. Its pages /health and"
                  + " /metrics tell how it does");
    }
    ClusterConfig cluster = hub.cluster().get();
    return reader(cluster.zookeeperAddresses(), OptionalInt.of(cluster.bookies()));
  }

  private static ClusterReader reader(List<HostPort> members, OptionalInt bookies) {
    return new ClusterReader(members, bookies, PATIENCE, Clock.systemUTC());
  }

  private static List<HostPort> addresses(String list) {
    var addresses = new ArrayList<HostPort>();
    for (String each : list.split(",", -1)) {
      try {
        addresses.add(HostPort.parse(each.strip()));
      } catch (IllegalArgumentException e) {
        throw UserError.usage("--zookeeper: " + e.getMessage());
      }
    }
    return addresses;
  }
}
