package io.headwater.cli;

import io.headwater.process.Durations;
import io.headwater.process.UserError;
import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.FetchRequest;
import io.headwater.uplink.ResultRecord;
import io.headwater.uplink.StreamPartition;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headwater gateways refetch}. */
@Command(
    name = "refetch",
    description =
        "Has a gateway send readings once more that it still has on its disk. In the hub they have"
            + " the headers 'track: refetch' and 'refetch: <id>'; what is gone is told in the topic"
            + " headwater-gaps.")
final class GatewaysRefetch extends HubCommand {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Parameters(paramLabel = "GATEWAY", description = "The gateway.")
  private String name = "";

  @Option(names = "--stream", required = true, paramLabel = "STREAM", description = "The stream.")
  private String stream = "";

  @Option(
      names = "--partition",
      paramLabel = "N",
      description = "Of the stream at the gateway; default: all.")
  private @Nullable Integer partition;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "PLACE",
      description = "The first reading: its offset at the gateway, or when it was captured.")
  private String from = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "PLACE",
      description = "Behind the last one; 'latest' is the end.")
  private String to = "";

  @Option(
      names = "--expiry",
      paramLabel = "DURATION",
      description = "Given up after so long; default 1h.")
  private String expiry = "1h";

  @Option(names = "--no-wait", description = "Does not wait for the end.")
  private boolean noWait;

  @Mixin private final JsonOption json = new JsonOption();

  private Duration time = Duration.ZERO;

  @Override
  void checkOptions() {
    CommandTopics.requireGatewayName(name);
    FetchRequest.Place first = place("--from", from);
    FetchRequest.Place end = place("--to", to);
    if (first.unit() == end.unit() && first.value() >= end.value()) {
      throw UserError.usage("--to " + to + " is not behind --from " + from);
    }
    try {
      time = Durations.parse(expiry);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--expiry: " + e.getMessage());
    }
  }

  private static FetchRequest.Place place(String option, String text) {
    if (text.matches("\\d{1,18}")) {
      return FetchRequest.Place.offset(Long.parseLong(text));
    }
    Optional<Position> position = Position.named(text);
    if (position.isPresent()) {
      return switch (position.get()) {
        case Position.Earliest _ -> FetchRequest.Place.offset(0);
        case Position.Latest _ -> FetchRequest.Place.offset(Long.MAX_VALUE);
        case Position.Since(var instant) ->
            FetchRequest.Place.time(Math.max(0, instant.toEpochMilli()));
        case Position.At _, Position.BeforeEnd _, Position.By _ -> wrongPlace(option, text);
      };
    }
    return wrongPlace(option, text);
  }

  private static FetchRequest.Place wrongPlace(String option, String text) {
    throw UserError.usage(
        option
            + ": '"
            + text
            + "' is none of: an offset, a time such as 2026-11-24T12:00:00Z, earliest, latest");
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    Gateways.Gateway gateway = Gateways.read(hub).require(name);
    CommandTopics topics = CommandTopics.of(hub);
    topics.requireKept(time);
    var commands = new HashMap<String, CommandRecord>();
    long fromOffset = topics.end(name);
    for (Gateways.Cursor cursor : wanted(gateway)) {
      CommandRecord command = command(cursor);
      commands.put(command.id(), command);
      topics.send(command);
    }
    var results = new HashMap<String, ResultRecord>();
    if (!noWait) {
      follow(topics, fromOffset, commands, results);
    }
    print(commands, results, out);
    boolean done =
        noWait
            || commands.keySet().stream()
                .allMatch(id -> {
                  ResultRecord result = results.get(id);
                  return result != null && result.outcome() == CommandOutcome.ANSWERED;
                });
    return done ? 0 : 1;
  }

  private List<Gateways.Cursor> wanted(Gateways.Gateway gateway) {
    List<Gateways.Cursor> wanted =
        gateway.newestEpoch().stream()
            .filter(cursor -> cursor.partition().stream().equals(stream))
            .filter(cursor -> partition == null || partition == cursor.partition().partition())
            .toList();
    if (wanted.isEmpty()) {
      var streams = new TreeSet<String>();
      gateway.newestEpoch().forEach(cursor -> streams.add(cursor.partition().stream()));
      throw UserError.failure(
          "gateway '%s' has no %sstream '%s'; it has %s"
              .formatted(
                  name,
                  partition == null ? "" : "partition " + partition + " of ",
                  stream,
                  streams.isEmpty() ? "none" : String.join(", ", streams)));
    }
    return wanted;
  }

  private CommandRecord command(Gateways.Cursor cursor) {
    long now = System.currentTimeMillis();
    return new CommandRecord(
        CommandTopics.newId(),
        name,
        "",
        CommandKind.REFETCH,
        false,
        now,
        now + time.toMillis(),
        false,
        new byte[0],
        Optional.of(
            new CommandRecord.Fetch(
                Long.parseUnsignedLong(cursor.epoch(), 16),
                new StreamPartition(stream, cursor.partition().partition()),
                place("--from", from),
                place("--to", to))));
  }

  @SuppressWarnings("SystemConsoleNull") // it may be null where there is no such module
  private void follow(
      CommandTopics topics,
      long fromOffset,
      Map<String, CommandRecord> commands,
      Map<String, ResultRecord> results) {
    Console console = System.console();
    boolean people = console != null && console.isTerminal() && !json.wanted();
    long limit = time.plus(PATIENCE).toMillis();
    try (var interruption = new Interruption()) {
      topics.follow(
          name,
          fromOffset,
          result -> {
            if (commands.containsKey(result.id())) {
              results.put(result.id(), result);
              if (people) {
                progress(results);
              }
            }
            return !commands.keySet().stream()
                .allMatch(id -> {
                  ResultRecord known = results.get(id);
                  return known != null && known.outcome().isFinal();
                });
          },
          waited -> waited > limit || interruption.wasAsked());
    }
    if (people && !results.isEmpty()) {
      System.err.println();
    }
  }

  private static void progress(Map<String, ResultRecord> results) {
    long records = 0;
    long left = 0;
    for (ResultRecord result : results.values()) {
      if (result.fetched().isPresent()) {
        records += result.fetched().get().records();
        left += result.fetched().get().end() - result.fetched().get().next();
      }
    }
    System.err.printf("\r%d readings, %d offsets to go   ", records, left);
    System.err.flush();
  }

  private void print(
      Map<String, CommandRecord> commands, Map<String, ResultRecord> results, PrintWriter out) {
    var table = new Table("id", "stream", "partition", "outcome", "records", "gaps", "detail");
    commands.forEach((id, command) -> {
      ResultRecord result = results.get(id);
      ResultRecord.Progress progress =
          result == null ? null : result.fetched().orElse(new ResultRecord.Progress(0, 0, 0, 0));
      table.row(
          id,
          stream,
          command.fetch().map(fetch -> fetch.partition().partition()).orElse(0),
          result == null
              ? "pending"
              : result.outcome() == CommandOutcome.ANSWERED ? "complete" : result.outcome().text(),
          progress == null ? null : progress.records(),
          progress == null ? null : progress.missing(),
          result == null || result.detail().isEmpty() ? null : result.detail());
    });
    table.print(json.wanted(), out);
  }
}
