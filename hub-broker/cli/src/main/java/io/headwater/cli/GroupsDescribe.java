package io.headwater.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headwater groups describe}. */
@Command(
    name = "describe",
    description = "Shows groups: their members, and how far behind they are.")
final class GroupsDescribe extends HubCommand {
  @Parameters(arity = "1..*", paramLabel = "GROUP", description = "The groups.")
  private List<String> names = List.of();

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    for (String name : names) {
      if (!json.wanted() && !name.equals(names.getFirst())) {
        out.println();
      }
      Group group = Group.of(hub, name);
      print(group, Lag.of(hub, group), out);
    }
    return 0;
  }

  private void print(Group group, Lag lag, PrintWriter out) {
    var members = new Table("member", "client", "host", "partitions");
    for (Group.Member member : group.members()) {
      members.row(
          member.id(),
          member.client(),
          member.host(),
          member.partitions().stream()
              .sorted(Partitions.ORDER)
              .map(TopicPartition::toString)
              .collect(Collectors.joining(" ")));
    }
    if (json.wanted()) {
      ObjectNode object =
          Json.object()
              .put("group", group.name())
              .put("protocol", group.protocol())
              .put("state", group.state())
              .put("lag", lag.total());
      object.set("members", members.json());
      object.set("partitions", lag.table().json());
      out.println(Json.line(object));
      return;
    }
    out.println(
        "Group %s, protocol %s, %s, %s, lag %d"
            .formatted(
                group.name(),
                group.protocol(),
                group.state(),
                Count.of(group.members().size(), "member"),
                lag.total()));
    if (!group.members().isEmpty()) {
      members.print(out);
      out.println();
    }
    lag.table().print(out);
  }

  /** How far a group is behind, by partition and in total. */
  private record Lag(Table table, long total) {
    static Lag of(Hub hub, Group group) {
      Map<TopicPartition, Long> committed = Group.committed(hub, group.name());
      var owners = new HashMap<TopicPartition, Group.Member>();
      group
          .members()
          .forEach(member -> member.partitions().forEach(each -> owners.put(each, member)));
      var partitions = new TreeSet<>(Partitions.ORDER);
      partitions.addAll(committed.keySet());
      partitions.addAll(owners.keySet());
      // Offsets outlive the topics that they were committed for.
      var existing = hub.topics().keySet();
      Map<TopicPartition, Long> ends =
          new Offsets(hub, IsolationLevel.READ_UNCOMMITTED)
              .ends(partitions.stream().filter(each -> existing.contains(each.topic())).toList());
      var table = new Table("topic", "partition", "committed", "end", "lag", "member");
      long total = 0;
      for (TopicPartition partition : partitions) {
        Long offset = committed.get(partition);
        Long end = ends.get(partition);
        Long lag = offset == null || end == null ? null : Math.max(0, end - offset);
        total += lag == null ? 0 : lag;
        Group.Member owner = owners.get(partition);
        table.row(
            partition.topic(),
            partition.partition(),
            offset,
            end,
            lag,
            owner == null ? null : owner.toString());
      }
      return new Lag(table, total);
    }
  }
}
