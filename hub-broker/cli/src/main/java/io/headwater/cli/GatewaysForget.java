package io.headwater.cli;

import io.headwater.process.UserError;
import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.ResultRecord;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headwater gateways forget}. */
@Command(
    name = "forget",
    description =
        "Has the bridge forget a gateway's cursors, if --yes is given. Should it ever come back with"
            + " the same log, what it does not know to be settled comes again.")
final class GatewaysForget extends HubCommand {
  private static final Duration EXPIRY = Duration.ofSeconds(60);

  @Parameters(paramLabel = "GATEWAY", description = "The gateway.")
  private String name = "";

  @Option(names = "--even-if-online", description = "Also if it was heard within the last minute.")
  private boolean force;

  @Mixin private final DeleteOption delete = new DeleteOption();

  @Override
  void checkOptions() {
    CommandTopics.requireGatewayName(name);
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    Gateways.Gateway gateway = Gateways.read(hub).require(name);
    CommandTopics topics = CommandTopics.of(hub);
    if ("online".equals(gateway.state()) && !force) {
      throw UserError.failure(
          "gateway '" + name + "' is online; stop it first, or say --even-if-online");
    }
    var doomed = new Table("epoch", "stream", "partition", "settled", "updated");
    gateway
        .cursors()
        .forEach(cursor ->
            doomed.row(
                cursor.epoch(),
                cursor.partition().stream(),
                cursor.partition().partition(),
                cursor.count(),
                cursor.updated().toString()));
    delete.require(doomed, out);
    long now = System.currentTimeMillis();
    var command =
        new CommandRecord(
            CommandTopics.newId(),
            name,
            "",
            CommandKind.FORGET,
            false,
            now,
            now + EXPIRY.toMillis(),
            force,
            new byte[0],
            Optional.empty());
    long from = topics.end(name);
    topics.send(command);
    var found = new AtomicReference<@Nullable ResultRecord>();
    topics.follow(
        name,
        from,
        result -> {
          if (result.id().equals(command.id()) && result.outcome().isFinal()) {
            found.set(result);
          }
          return found.get() == null;
        },
        waited -> waited > EXPIRY.toMillis());
    ResultRecord result = found.get();
    if (result == null) {
      throw UserError.failure(
          "no bridge has done it within " + EXPIRY.toSeconds() + " s; is one running?");
    }
    if (result.outcome() != CommandOutcome.ANSWERED) {
      throw UserError.failure(
          "gateway '%s' was not forgotten (%s): %s"
              .formatted(name, result.outcome().text(), result.detail()));
    }
    out.println("Forgot gateway '" + name + "'");
    return 0;
  }
}
