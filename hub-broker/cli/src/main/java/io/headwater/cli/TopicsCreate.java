package io.headwater.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headwater topics create}. */
@Command(name = "create", description = "Creates topics.")
final class TopicsCreate extends HubCommand {
  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "The new topics' names.")
  private List<String> names = List.of();

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description = "How many partitions each gets; default: as the hub is set up.")
  private @Nullable Integer partitions;

  @Option(
      names = "--replication-factor",
      paramLabel = "N",
      defaultValue = "-1",
      description = "How many copies the hub keeps; default -1: as the hub is set up.")
  private short replicationFactor;

  @Option(
      names = "--config",
      paramLabel = "KEY=VALUE",
      description = "A setting of the topics: retention.ms=86400000; repeatable.")
  private Map<String, String> config = Map.of();

  @Override
  int run(Hub hub, PrintWriter out) {
    if (!config.isEmpty()) {
      // All topics have the same settings; the hub names no nearest one.
      hub.topics().keySet().stream()
          .findFirst()
          .map(any -> TopicConfigs.of(hub, any))
          .ifPresent(known -> config.keySet().forEach(known::require));
    }
    CreateTopicsResult created =
        hub.admin()
            .createTopics(
                names.stream()
                    .map(name ->
                        new NewTopic(
                                name,
                                Optional.ofNullable(partitions),
                                Optional.of(replicationFactor))
                            .configs(config))
                    .toList());
    for (String name : names) {
      String thing = "topic '" + name + "'";
      int count = hub.await(thing, created.numPartitions(name));
      out.println("Created " + thing + " with " + Count.of(count, "partition"));
    }
    return 0;
  }
}
