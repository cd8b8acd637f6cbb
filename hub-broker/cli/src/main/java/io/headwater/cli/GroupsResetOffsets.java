package io.headwater.cli;

import io.headwater.process.UserError;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Stack;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code headwater groups reset-offsets}. */
@Command(
    name = "reset-offsets",
    description =
        "Moves a group to another place: shows where to, and does it if --execute is given.")
final class GroupsResetOffsets extends HubCommand {
  @Parameters(paramLabel = "GROUP", description = "The group; it must have no members.")
  private String name = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "PLACE",
      parameterConsumer = PlaceConsumer.class,
      description =
          "earliest, latest, 'offset N', 'by N' (by -100 repeats a hundred) or a time like"
              + " 2026-11-24T12:00:00Z. Never outside of what a partition holds.")
  private Position to = new Position.Latest();

  @Option(
      names = "--topic",
      paramLabel = "TOPIC[:PARTITION]",
      description = "Only there; repeatable; default: wherever the group has an offset.")
  private List<String> topics = List.of();

  @Option(names = "--execute", description = "Does it; without it, nothing changes.")
  private boolean execute;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  int run(Hub hub, PrintWriter out) {
    Group group = Group.of(hub, name);
    group.requireNoMembers("resetting its offsets");
    Map<TopicPartition, Long> before = Group.committed(hub, name);
    Collection<TopicPartition> partitions = partitions(hub, before.keySet());
    if (partitions.isEmpty()) {
      throw UserError.failure(
          group.thing() + " has no offsets; name the topics that shall get some with --topic");
    }
    Map<TopicPartition, Long> after =
        new Offsets(hub, IsolationLevel.READ_UNCOMMITTED).resolve(to, partitions, before);
    if (execute) {
      var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
      after.forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
      hub.await(group.thing(), hub.admin().alterConsumerGroupOffsets(name, offsets).all());
    }
    var table = new Table("topic", "partition", "old", "new");
    after.forEach((partition, offset) ->
        table.row(partition.topic(), partition.partition(), before.get(partition), offset));
    table.print(json.wanted(), out);
    if (!execute && !json.wanted()) {
      out.println("Nothing has changed; repeat it with --execute to do it.");
    }
    return 0;
  }

  private Collection<TopicPartition> partitions(Hub hub, Set<TopicPartition> committed) {
    if (topics.isEmpty()) {
      // Offsets outlive the topics that they were committed for.
      Set<String> existing = hub.topics().keySet();
      return committed.stream().filter(each -> existing.contains(each.topic())).toList();
    }
    var chosen = new TreeSet<>(Partitions.ORDER);
    for (String topic : topics) {
      chosen.addAll(Partitions.chosen(hub, topic));
    }
    return chosen;
  }

  /** Takes one word or two: {@code offset} and {@code by} have a number behind them. */
  static final class PlaceConsumer implements IParameterConsumer {
    @Override
    @SuppressWarnings("JdkObsolete") // picocli hands over a Stack
    public void consumeParameters(Stack<String> words, ArgSpec option, CommandSpec command) {
      String place = words.isEmpty() ? "" : words.pop();
      if ((place.equals("offset") || place.equals("by")) && !words.isEmpty()) {
        place += " " + words.pop();
      }
      Position position = parse(place);
      if (position == null) {
        throw new ParameterException(
            command.commandLine(),
            "--to '"
                + place
                + "': write earliest, latest, offset N, by N or a time like 2026-11-24T12:00:00Z");
      }
      option.setValue(position);
    }

    static @Nullable Position parse(String place) {
      try {
        if (place.startsWith("offset ")) {
          long offset = Long.parseLong(place.substring("offset ".length()).strip());
          return offset < 0 ? null : new Position.At(offset);
        }
        if (place.startsWith("by ")) {
          return new Position.By(Long.parseLong(place.substring("by ".length()).strip()));
        }
      } catch (NumberFormatException _) {
        return null;
      }
      return Position.named(place).orElse(null);
    }
  }
}
