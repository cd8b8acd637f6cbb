package io.headwater.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code headwater gateways list}. */
@Command(name = "list", description = "Lists gateways that have delivered something.")
final class GatewaysList extends HubCommand {
  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    var table =
        new Table(
            "gateway", "lane", "state", "epochs", "partitions", "settled", "holes", "updated");
    for (Gateways.Gateway gateway : Gateways.read(hub).byName().values()) {
      table.row(
          gateway.name(),
          "%02x".formatted(gateway.lane()),
          gateway.state(),
          gateway.epochs().size(),
          gateway.newestEpoch().size(),
          gateway.cursors().stream().mapToLong(Gateways.Cursor::count).sum(),
          gateway.cursors().stream().mapToInt(Gateways.Cursor::holes).sum(),
          gateway.newest().map(newest -> newest.updated().toString()).orElse(null));
    }
    table.print(json.wanted(), out);
    return 0;
  }
}
