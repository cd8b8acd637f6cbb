package io.headwater.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headwater topics list}. */
@Command(name = "list", description = "Lists topics.")
final class TopicsList extends HubCommand {
  @Option(names = "--internal", description = "Also those that the hub keeps for itself.")
  private boolean internal;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    List<String> names =
        hub.topics().values().stream()
            .filter(topic -> internal || !topic.isInternal())
            .map(TopicListing::name)
            .toList();
    var table = new Table("topic", "partitions", "replicas");
    var topics =
        new TreeMap<>(hub.await("topics", hub.admin().describeTopics(names).allTopicNames()));
    for (TopicDescription topic : topics.values()) {
      table.row(
          topic.name(),
          topic.partitions().size(),
          topic.partitions().stream().mapToInt(info -> info.replicas().size()).max().orElse(0));
    }
    table.print(json.wanted(), out);
    return 0;
  }
}
