package io.headwater.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code headwater groups list}. */
@Command(name = "list", description = "Lists groups.")
final class GroupsList extends HubCommand {
  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    var table = new Table("group", "protocol", "state");
    for (GroupListing group : hub.groups().values()) {
      table.row(
          group.groupId(),
          group.type().map(GroupType::toString).orElse("classic").toLowerCase(Locale.ROOT),
          group.groupState().map(GroupState::toString).orElse(null));
    }
    table.print(json.wanted(), out);
    return 0;
  }
}
