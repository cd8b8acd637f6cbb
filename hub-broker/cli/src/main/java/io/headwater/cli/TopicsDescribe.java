package io.headwater.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headwater topics describe}. */
@Command(
    name = "describe",
    description = "Shows topics: their partitions, and the settings that are not the default.")
final class TopicsDescribe extends HubCommand {
  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "The topics.")
  private List<String> names = List.of();

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    hub.requireTopics(names);
    Map<String, TopicDescription> topics =
        hub.await("topics", hub.admin().describeTopics(names).allTopicNames());
    for (String name : names) {
      if (!json.wanted() && !name.equals(names.getFirst())) {
        out.println();
      }
      TopicDescription topic = topics.get(name);
      if (topic != null) {
        describe(hub, topic, out);
      }
    }
    return 0;
  }

  private void describe(Hub hub, TopicDescription topic, PrintWriter out) {
    Table partitions = partitions(hub, topic);
    Table configs = TopicConfigs.of(hub, topic.name()).changed();
    if (json.wanted()) {
      ObjectNode object =
          Json.object().put("topic", topic.name()).put("id", topic.topicId().toString());
      object.set("partitions", partitions.json());
      object.set("configs", configs.json());
      out.println(Json.line(object));
      return;
    }
    out.println("Topic " + topic.name() + ", id " + topic.topicId());
    partitions.print(out);
    out.println();
    configs.print(out);
  }

  private static Table partitions(Hub hub, TopicDescription topic) {
    var offsets = new Offsets(hub, IsolationLevel.READ_UNCOMMITTED);
    List<TopicPartition> all = Partitions.of(topic);
    Map<TopicPartition, Long> starts = offsets.starts(all);
    Map<TopicPartition, Long> ends = offsets.ends(all);
    var table = new Table("partition", "leader", "replicas", "in-sync", "start", "end");
    for (TopicPartitionInfo info : topic.partitions()) {
      var partition = new TopicPartition(topic.name(), info.partition());
      Node leader = info.leader();
      table.row(
          info.partition(),
          leader == null ? null : leader.id(),
          info.replicas().size(),
          info.isr().size(),
          starts.get(partition),
          ends.get(partition));
    }
    return table;
  }
}
