package io.headwater.edge;

import io.headwater.edge.log.Durability;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.log.WhenFull;
import io.headwater.edge.route.RouteRule;
import io.headwater.edge.route.RouteTable;
import io.headwater.process.UserError;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge routes}: which rule takes a topic, and why. */
@Command(name = "routes", description = "Tells where a topic's publishes go, and why.")
final class RoutesCommand implements Callable<Integer> {
  @Option(names = "--explain", paramLabel = "TOPIC", required = true, description = "The topic.")
  private String topic = "";

  @Option(names = "--config", paramLabel = "FILE", description = "The agent's configuration.")
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
    var table = new RouteTable(read.routes());
    if (topic.isEmpty() || topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
      throw UserError.usage(
          "--explain '"
              + topic
              + "' is no topic: one has no wildcards, for example sensors/lab/dev42/x");
    }
    RouteTable.Explanation explained = table.explain(topic);
    RouteTable.Routed routed = explained.routed();
    var out = spec.commandLine().getOut();
    out.println("topic   " + topic);
    RouteRule winner = explained.winner();
    out.println("route   " + (winner == null ? "none: the default" : winner.topic()));
    explained
        .wildcards()
        .forEach(wildcard -> out.println("        " + wildcard.name() + " = " + wildcard.value()));
    out.println("stream  " + routed.stream());
    out.println("key     " + routed.key());
    out.println("acks    " + acknowledged(routed.durability(), read.log()));
    out.println("full    " + whenFull(routed.whenFull()));
    table.order(routed.stream()).ifPresent(order -> out.println("order   " + order));
    routed.dedupe().ifPresent(dedupe -> out.println("dedupe  " + dedupe.text()));
    out.println("why     " + routed.why());
    explained
        .losers()
        .forEach(loser -> out.println("loses   " + loser.rule().topic() + ": " + loser.why()));
    table.overlaps().forEach(overlap -> out.println("warning " + overlap));
    out.flush();
    return 0;
  }

  private static String acknowledged(Durability durability, LogSettings log) {
    return switch (durability) {
      case FSYNC -> "fsync: once committed and forced to disk";
      case INTERVAL ->
          "interval: once committed; forced to disk within %d ms"
                  .formatted(log.syncInterval().toMillis())
              + log.flashBudget()
                  .bytesPerDay()
                  .map(budget ->
                      ", above %s a day within %d ms"
                          .formatted(budget, log.flashBudget().longestInterval().toMillis()))
                  .orElse("");
      case MEMORY -> "memory: once queued";
    };
  }

  private static String whenFull(WhenFull policy) {
    return policy
        + ": "
        + switch (policy.kind()) {
          case REJECT -> "refused while there is no room";
          case DROP_OLDEST -> "the oldest readings are given up for it, as gaps";
          case DROP_NEWEST -> "acknowledged and given up while there is no room, as gaps";
          case DECIMATE ->
              "one of %d of a key is kept while room is scarce, none while there is none, the"
                      .formatted(policy.oneOf())
                  + " others are gaps";
          case CRITICAL -> "goes on in the reserve; refused once that is used up";
        };
  }
}
