package io.headwater.cli;

import io.headwater.process.Durations;
import io.headwater.process.UserError;
import io.headwater.uplink.Command;
import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.ResultRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headwater commands send}. */
@picocli.CommandLine.Command(
    name = "send",
    description =
        "Sends a command to a device of a gateway, or to the gateway itself. With --wait the exit"
            + " code is 1 if it was not done.")
final class CommandsSend extends HubCommand {
  /** A bridge gives its word some seconds after the expiry. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What the gateway itself can do. */
  enum Own {
    PING,
    STATUS
  }

  @Parameters(index = "0", paramLabel = "GATEWAY", description = "The gateway.")
  private String gateway = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PAYLOAD",
      description = "What the device gets; without --device: ping or status.")
  private @Nullable String payload;

  @Option(names = "--file", paramLabel = "FILE", description = "The payload is this file's bytes.")
  private @Nullable Path file;

  @Option(names = "--device", paramLabel = "DEVICE", description = "The device at the gateway.")
  private @Nullable String device;

  @Option(
      names = "--expiry",
      paramLabel = "DURATION",
      description = "Not done later than this from now: 30s, 5m, 1h (default), 2d.")
  private String expiry = "1h";

  @Option(
      names = "--answer",
      description = "Done when the device has answered, not when it has acknowledged.")
  private boolean answer;

  @Option(names = "--wait", description = "Waits for the result.")
  private boolean wait;

  @Mixin private final JsonOption json = new JsonOption();

  private Duration time = Duration.ZERO;

  @Override
  void checkOptions() {
    CommandTopics.requireGatewayName(gateway);
    try {
      time = Durations.parse(expiry);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--expiry: " + e.getMessage());
    }
    if (time.isZero() || time.isNegative()) {
      throw UserError.usage("--expiry: " + expiry + " is over already");
    }
    if (payload != null && file != null) {
      throw UserError.usage("PAYLOAD and --file: give one of them");
    }
    if (payload == null && file == null) {
      throw UserError.usage("PAYLOAD is missing: give it, or --file");
    }
    if (device == null) {
      own();
      if (answer) {
        throw UserError.usage("--answer: it goes with --device");
      }
    } else if (device.isEmpty() || !Command.isDevice(device)) {
      throw UserError.usage(
          "--device: '" + device + "' is empty, too long, or has one of the characters + and #");
    }
  }

  private Own own() {
    for (Own each : Own.values()) {
      if (each.name().equalsIgnoreCase(payload)) {
        return each;
      }
    }
    throw UserError.usage(
        "a gateway itself knows ping and status only; for a device, name it with --device");
  }

  private CommandKind kind() {
    if (device != null) {
      return CommandKind.MESSAGE;
    }
    return switch (own()) {
      case PING -> CommandKind.PING;
      case STATUS -> CommandKind.STATUS;
    };
  }

  private byte[] bytes() {
    if (device == null) {
      return new byte[0];
    }
    byte[] bytes;
    try {
      bytes =
          file != null
              ? Files.readAllBytes(file)
              : String.valueOf(payload).getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw UserError.failure("--file " + file + ": cannot be read (" + e + ")", e);
    }
    if (bytes.length > Command.LARGEST_PAYLOAD) {
      throw UserError.failure(
          "the payload has %d bytes, more than the %d that a command may have"
              .formatted(bytes.length, Command.LARGEST_PAYLOAD));
    }
    return bytes;
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    CommandTopics topics = CommandTopics.of(hub);
    topics.requireKept(time);
    long now = System.currentTimeMillis();
    var command =
        new CommandRecord(
            CommandTopics.newId(),
            gateway,
            device == null ? "" : device,
            kind(),
            answer,
            now,
            now + time.toMillis(),
            false,
            bytes(),
            Optional.empty());
    long from = topics.end(gateway);
    topics.send(command);
    if (!wait) {
      print(command, null, out);
      return 0;
    }
    ResultRecord result = await(topics, command, from);
    print(command, result, out);
    boolean done =
        result != null
            && (result.outcome() == CommandOutcome.DELIVERED
                || result.outcome() == CommandOutcome.ANSWERED);
    return done ? 0 : 1;
  }

  private @Nullable ResultRecord await(CommandTopics topics, CommandRecord command, long from) {
    var found = new AtomicReference<@Nullable ResultRecord>();
    long limit = time.plus(PATIENCE).toMillis();
    try (var interruption = new Interruption()) {
      topics.follow(
          gateway,
          from,
          result -> {
            if (result.id().equals(command.id()) && result.outcome().isFinal()) {
              found.set(result);
            }
            return found.get() == null;
          },
          waited -> waited > limit || interruption.wasAsked());
    }
    return found.get();
  }

  private void print(CommandRecord command, @Nullable ResultRecord result, PrintWriter out) {
    if (json.wanted()) {
      var object = Json.object().put("id", command.id()).put("gateway", gateway);
      object.put("outcome", result == null ? "pending" : result.outcome().text());
      if (result != null) {
        object.put("detail", result.detail());
        object.set("answer", Json.bytes(result.answer()));
      }
      out.println(Json.line(object));
    } else if (result == null) {
      out.println(
          "Command " + command.id() + " is on its way; 'headwater commands list' follows it");
    } else {
      out.println(
          "Command %s: %s%s"
              .formatted(
                  command.id(),
                  result.outcome().text(),
                  result.detail().isEmpty() ? "" : ", " + result.detail()));
      if (result.answer() != null) {
        out.println(new String(result.answer(), StandardCharsets.UTF_8));
      }
    }
  }
}
