package io.headwater.cli;

import io.headwater.process.UserError;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code headwater consume}. */
@Command(
    name = "consume",
    description = "Prints topics' records, each a line, until Ctrl-C, --count or --until-end.")
final class ConsumeCommand extends HubCommand {
  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "The topics.")
  private List<String> topics = List.of();

  @Option(
      names = "--from",
      paramLabel = "PLACE",
      converter = PlaceConverter.class,
      description =
          "earliest (default), latest, an offset, -N (the last N of each partition) or a time like"
              + " 2026-11-24T12:00:00Z. With a group: where it has no offset yet.")
  private Position from = new Position.Earliest();

  @Option(names = "--key", paramLabel = "KEY", description = "Only records with this key.")
  private @Nullable String key;

  @Option(
      names = "--group",
      paramLabel = "GROUP",
      description = "Reads as a member of this group, and commits what is printed.")
  private @Nullable String group;

  @Option(names = "--count", paramLabel = "N", description = "Ends after N records.")
  private @Nullable Long count;

  @Option(names = "--until-end", description = "Ends behind the last record that is there now.")
  private boolean untilEnd;

  @Option(
      names = "--isolation",
      paramLabel = "LEVEL",
      description = "read_committed (default) or read_uncommitted: also of open transactions.")
  private IsolationLevel isolation = IsolationLevel.READ_COMMITTED;

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      description = "value (default), or json with partition, offset, time, key and headers.")
  private RecordFormat format = RecordFormat.VALUE;

  @Option(
      names = "--key-separator",
      paramLabel = "TEXT",
      description = "Each line begins with its record's key and this.")
  private @Nullable String keySeparator;

  @Option(names = "--partition", paramLabel = "N", description = "Only this partition.")
  private @Nullable Integer partition;

  @Override
  void checkOptions() {
    if (partition != null && group != null) {
      throw UserError.usage(
          "--partition and --group: a group shares out partitions by itself; give one of them");
    }
    if (keySeparator != null && format == RecordFormat.JSON) {
      throw UserError.usage(
          "--key-separator and --output json: JSON has the key; give one of them");
    }
    if (count != null && count < 1) {
      throw UserError.usage("--count " + count + ": give 1 or more");
    }
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    hub.requireTopics(topics);
    var extent =
        new RecordReader.Extent(
            from,
            Optional.ofNullable(key).map(StandardCharsets.UTF_8::encode),
            count == null ? OptionalLong.empty() : OptionalLong.of(count),
            untilEnd,
            keySeparator == null ? format : new KeyedLines(keySeparator));
    // The raw stream: values are bytes, not text.
    OutputStream records = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
    try (var interruption = new Interruption();
        KafkaConsumer<byte[], byte[]> consumer = consumer(hub)) {
      var reader = new RecordReader(consumer, new Offsets(hub, isolation), extent, records);
      if (group == null) {
        reader.assign(partitions(hub));
      } else {
        reader.subscribe(topics);
      }
      try {
        reader.read(interruption::wasAsked);
      } catch (IOException _) {
        // Who reads our output has seen enough of it: consume … | head
      }
      if (group != null) {
        consumer.commitSync();
      }
      return 0;
    } catch (KafkaException e) {
      throw e.getCause() instanceof UserError error
          ? error
          : hub.error("topic '" + String.join("', '", topics) + "'", e);
    }
  }

  private Collection<TopicPartition> partitions(Hub hub) {
    List<TopicPartition> all = Partitions.of(hub, topics);
    return partition == null
        ? all
        : topics.stream()
            .map(topic -> Partitions.chosen(all, topic, partition.toString()))
            .toList();
  }

  private KafkaConsumer<byte[], byte[]> consumer(Hub hub) {
    Map<String, Object> settings = hub.clientSettings(Map.of("fetch.max.wait.ms", 200));
    settings.remove("group.id");
    if (group != null) {
      settings.put("group.id", group);
    }
    settings.put("enable.auto.commit", group != null);
    settings.put("isolation.level", isolation.name().toLowerCase(Locale.ROOT));
    settings.put("allow.auto.create.topics", false);
    // Where to begin is decided here; this is for records that went meanwhile.
    settings.put("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static final class PlaceConverter implements ITypeConverter<Position> {
    @Override
    public Position convert(String place) {
      try {
        long number = Long.parseLong(place);
        return place.startsWith("-")
            ? new Position.BeforeEnd(Math.negateExact(number))
            : new Position.At(number);
      } catch (ArithmeticException | NumberFormatException _) {
        return Position.named(place)
            .orElseThrow(() ->
                new TypeConversionException(
                    "'"
                        + place
                        + "' is not earliest, latest, an offset, -N or a time like"
                        + " 2026-11-24T12:00:00Z"));
      }
    }
  }
}
