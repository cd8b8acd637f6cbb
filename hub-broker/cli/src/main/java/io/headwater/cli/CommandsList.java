package io.headwater.cli;

import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.ResultRecord;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headwater commands list}. */
@Command(name = "list", description = "Lists commands that the hub still has, and their results.")
final class CommandsList extends HubCommand {
  private static final int SHOWN = 60;

  @Option(names = "--gateway", paramLabel = "GATEWAY", description = "Only of this gateway.")
  private @Nullable String gateway;

  @Option(names = "--pending", description = "Only those without a result.")
  private boolean pending;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  void checkOptions() {
    if (gateway != null) {
      CommandTopics.requireGatewayName(gateway);
    }
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    var table =
        new Table(
            "id", "gateway", "device", "kind", "sent", "expires", "outcome", "detail", "answer");
    for (CommandTopics.Entry entry : CommandTopics.of(hub).all(Optional.ofNullable(gateway))) {
      if (pending && !entry.isPending()) {
        continue;
      }
      CommandRecord command = entry.command();
      ResultRecord result = entry.result();
      table.row(
          command.id(),
          command.gateway(),
          command.device().isEmpty() ? null : command.device(),
          command.kind().text(),
          Instant.ofEpochMilli(command.createdMs()).toString(),
          time(command.expiresMs()),
          result == null ? "pending" : result.outcome().text(),
          result == null || result.detail().isEmpty() ? null : result.detail(),
          answer(result));
    }
    table.print(json.wanted(), out);
    return 0;
  }

  private static String time(long millis) {
    return millis == Long.MAX_VALUE ? "never" : Instant.ofEpochMilli(millis).toString();
  }

  private @Nullable String answer(@Nullable ResultRecord result) {
    if (result == null || result.answer() == null) {
      return null;
    }
    String text = new String(result.answer(), StandardCharsets.UTF_8);
    if (json.wanted()) {
      return text;
    }
    String line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
  }
}
