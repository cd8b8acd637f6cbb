package io.headwater.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.uplink.OffsetRanges;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headwater gateways describe}. */
@Command(
    name = "describe",
    description = "Shows gateways: what of each partition of their logs is in the hub.")
final class GatewaysDescribe extends HubCommand {
  private static final int MOST_RANGES = 8;

  @Parameters(arity = "1..*", paramLabel = "GATEWAY", description = "The gateways.")
  private List<String> names = List.of();

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    Gateways gateways = Gateways.read(hub);
    for (String name : names) {
      Gateways.Gateway gateway = gateways.require(name);
      if (!json.wanted() && !name.equals(names.getFirst())) {
        out.println();
      }
      print(gateway, out);
    }
    return 0;
  }

  private void print(Gateways.Gateway gateway, PrintWriter out) {
    var cursors =
        new Table("epoch", "stream", "partition", "next", "settled", "holes", "ranges", "updated");
    gateway.cursors().stream()
        .sorted((a, b) -> b.updated().compareTo(a.updated()))
        .forEach(cursor ->
            cursors.row(
                cursor.epoch(),
                cursor.partition().stream(),
                cursor.partition().partition(),
                cursor.next(),
                cursor.count(),
                cursor.holes(),
                ranges(cursor.settled()),
                cursor.updated().toString()));
    if (json.wanted()) {
      ObjectNode object =
          Json.object()
              .put("gateway", gateway.name())
              .put("lane", "%02x".formatted(gateway.lane()));
      object.set("presence", gateway.presence());
      object.set("cursors", cursors.json());
      out.println(Json.line(object));
      return;
    }
    String state = gateway.state();
    out.println(
        "Gateway %s, lane %02x%s, %s"
            .formatted(
                gateway.name(),
                gateway.lane(),
                state == null ? "" : ", " + state,
                Count.of(gateway.epochs().size(), "epoch")));
    if (gateway.presence() != null) {
      gateway
          .presence()
          .properties()
          .forEach(field -> out.println("  " + field.getKey() + ": " + field.getValue()));
    }
    cursors.print(out);
  }

  private static String ranges(OffsetRanges settled) {
    String shown =
        settled.ranges().stream()
            .limit(MOST_RANGES)
            .map(range -> range.from() + "-" + range.to())
            .collect(Collectors.joining(" "));
    int more = settled.ranges().size() - MOST_RANGES;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }
}
