package io.headwater.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headwater groups delete}. */
@Command(name = "delete", description = "Deletes groups with their offsets, if --yes is given.")
final class GroupsDelete extends HubCommand {
  @Parameters(arity = "1..*", paramLabel = "GROUP", description = "The groups.")
  private List<String> names = List.of();

  @Mixin private final DeleteOption delete = new DeleteOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    var doomed = new Table("group", "topic", "partition", "committed");
    var groups = new ArrayList<Group>();
    for (String name : names) {
      Group group = Group.of(hub, name);
      group.requireNoMembers("deleting it");
      groups.add(group);
      var committed = Group.committed(hub, name);
      if (committed.isEmpty()) {
        doomed.row(name, null, null, null);
      }
      committed.forEach((partition, offset) ->
          doomed.row(name, partition.topic(), partition.partition(), offset));
    }
    delete.require(doomed, out);
    for (Group group : groups) {
      hub.await(group.thing(), hub.admin().deleteConsumerGroups(List.of(group.name())).all());
      out.println("Deleted " + group.thing());
    }
    return 0;
  }
}
