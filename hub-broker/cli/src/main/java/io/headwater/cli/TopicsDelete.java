package io.headwater.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.DeleteTopicsResult;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headwater topics delete}. */
@Command(name = "delete", description = "Deletes topics with all their records, if --yes is given.")
final class TopicsDelete extends HubCommand {
  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "The topics.")
  private List<String> names = List.of();

  @Mixin private final DeleteOption delete = new DeleteOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    hub.requireTopics(names);
    delete.require(doomed(hub), out);
    DeleteTopicsResult deleted = hub.admin().deleteTopics(names);
    for (Map.Entry<String, KafkaFuture<Void>> each : deleted.topicNameValues().entrySet()) {
      String thing = "topic '" + each.getKey() + "'";
      hub.await(thing, each.getValue());
      out.println("Deleted " + thing);
    }
    return 0;
  }

  private Table doomed(Hub hub) {
    var offsets = new Offsets(hub, IsolationLevel.READ_UNCOMMITTED);
    List<TopicPartition> partitions = Partitions.of(hub, names);
    Map<TopicPartition, Long> starts = offsets.starts(partitions);
    Map<TopicPartition, Long> ends = offsets.ends(partitions);
    var table = new Table("topic", "partition", "start", "end");
    for (TopicPartition partition : partitions) {
      table.row(
          partition.topic(), partition.partition(), starts.get(partition), ends.get(partition));
    }
    return table;
  }
}
