package io.headwater.cli;

import io.headwater.process.UserError;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headwater topics alter}. */
@Command(name = "alter", description = "Adds partitions to a topic, changes its settings.")
final class TopicsAlter extends HubCommand {
  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String name = "";

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description = "How many it has from now on; more than before.")
  private @Nullable Integer partitions;

  @Option(
      names = "--config",
      paramLabel = "KEY=VALUE",
      description = "A setting: retention.ms=86400000; repeatable.")
  private Map<String, String> config = Map.of();

  @Option(
      names = "--delete-config",
      paramLabel = "KEY",
      description = "A setting that goes back to its default; repeatable.")
  private List<String> deleteConfig = List.of();

  @Override
  void checkOptions() {
    if (partitions == null && config.isEmpty() && deleteConfig.isEmpty()) {
      throw UserError.usage(
          "topic '" + name + "': say what to alter: --partitions, --config or --delete-config");
    }
    for (String key : deleteConfig) {
      if (config.containsKey(key)) {
        throw UserError.usage("'" + key + "': give it to --config or --delete-config, not both");
      }
    }
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    hub.requireTopics(List.of(name));
    TopicConfigs known = TopicConfigs.of(hub, name);
    config.keySet().forEach(known::require);
    // A hub takes the deletion of a setting that there is none of as done.
    deleteConfig.forEach(known::require);
    if (partitions != null) {
      addPartitions(hub, partitions, out);
    }
    if (!config.isEmpty() || !deleteConfig.isEmpty()) {
      alterConfig(hub, out);
    }
    return 0;
  }

  private void addPartitions(Hub hub, int wanted, PrintWriter out) {
    int before = Partitions.of(hub, List.of(name)).size();
    if (wanted <= before) {
      throw UserError.failure(
          "topic '%s' has %s: --partitions %d is not more, and there is no way back"
              .formatted(name, Count.of(before, "partition"), wanted));
    }
    hub.await(
        "topic '" + name + "'",
        hub.admin().createPartitions(Map.of(name, NewPartitions.increaseTo(wanted))).all());
    out.println("Topic '%s' has %d partitions now, %d before".formatted(name, wanted, before));
  }

  private void alterConfig(Hub hub, PrintWriter out) {
    Collection<AlterConfigOp> operations = new ArrayList<>();
    config.forEach((key, value) ->
        operations.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    deleteConfig.forEach(key ->
        operations.add(new AlterConfigOp(new ConfigEntry(key, ""), AlterConfigOp.OpType.DELETE)));
    hub.await(
        "topic '" + name + "'",
        hub.admin().incrementalAlterConfigs(Map.of(TopicConfigs.resource(name), operations)).all());
    config.forEach((key, value) -> out.println("Topic '" + name + "': " + key + "=" + value));
    deleteConfig.forEach(key -> out.println("Topic '" + name + "': " + key + " is the default"));
  }
}
