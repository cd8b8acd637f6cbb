package io.headwater.cli;

import io.headwater.process.UserError;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code headwater produce}. */
@Command(
    name = "produce",
    description =
        "Sends lines of standard input, each a record, and waits until all are acknowledged. Exit"
            + " code 1 if any was not.")
final class ProduceCommand extends HubCommand {
  /** How sure the hub shall be before it acknowledges. */
  enum Acks {
    ALL,
    ONE,
    NONE;

    static Acks parse(String text) {
      return switch (text) {
        case "all", "-1" -> ALL;
        case "1" -> ONE;
        case "0" -> NONE;
        default -> throw new IllegalArgumentException("'" + text + "' is not all, 1 or 0");
      };
    }

    String setting() {
      return switch (this) {
        case ALL -> "all";
        case ONE -> "1";
        case NONE -> "0";
      };
    }
  }

  /** How batches are packed. */
  enum Compression {
    NONE,
    GZIP,
    SNAPPY,
    LZ4,
    ZSTD
  }

  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Sends this file's lines in place of standard input's.")
  private @Nullable Path file;

  @Option(
      names = "--key-separator",
      paramLabel = "TEXT",
      description = "Each line begins with its record's key, up to this.")
  private @Nullable String keySeparator;

  @Option(names = "--key", paramLabel = "KEY", description = "The key of every record.")
  private @Nullable String key;

  @Option(
      names = "--header",
      paramLabel = "NAME=VALUE",
      description = "A header of every record; repeatable.")
  private List<String> headers = List.of();

  @Option(
      names = "--acks",
      paramLabel = "all|1|0",
      converter = AcksConverter.class,
      description = "What is waited for: all (default), 1 or 0 (nothing).")
  private Acks acks = Acks.ALL;

  @Option(
      names = "--compression",
      paramLabel = "CODEC",
      description = "none (default), gzip, snappy, lz4 or zstd.")
  private Compression compression = Compression.NONE;

  @Option(
      names = "--partition",
      paramLabel = "N",
      description = "Where all records go; default: by their keys.")
  private @Nullable Integer partition;

  @Override
  void checkOptions() {
    if (key != null && keySeparator != null) {
      throw UserError.usage("--key and --key-separator: give one of them");
    }
    if (keySeparator != null && keySeparator.isEmpty()) {
      throw UserError.usage("--key-separator: it is empty; give the text between key and value");
    }
  }

  @Override
  int run(Hub hub, PrintWriter out) {
    var maker = new RecordMaker(topic, partition, key, keySeparator, headers);
    // A hub would make a topic of a slip of the pen.
    hub.requireTopics(List.of(topic));
    if (partition != null) {
      Partitions.chosen(hub, topic + ":" + partition);
    }
    var acknowledgements = new Acknowledgements();
    try (InputStream in = open();
        KafkaProducer<byte[], byte[]> producer = producer(hub)) {
      send(new Lines(in), maker, producer, acknowledgements);
    } catch (IOException e) {
      throw UserError.failure("the input cannot be read: " + e.getMessage(), e);
    }
    if (acknowledgements.failed() > 0) {
      throw UserError.failure(
          "%s failed, %d acknowledged; first failure, %s"
              .formatted(
                  Count.of(acknowledgements.failed(), "record"),
                  acknowledgements.acknowledged(),
                  acknowledgements.firstFailure().orElse("unknown")));
    }
    out.println(
        "%s %s topic '%s'"
            .formatted(
                Count.of(acknowledgements.acknowledged(), "record"),
                acks == Acks.NONE ? "sent to" : "acknowledged in",
                topic));
    return 0;
  }

  private static void send(
      Lines lines,
      RecordMaker maker,
      KafkaProducer<byte[], byte[]> producer,
      Acknowledgements acknowledgements)
      throws IOException {
    try {
      byte[] line = lines.next();
      while (line != null && !acknowledgements.timedOut()) {
        producer.send(maker.record(line, lines.number()), acknowledgements.of(lines.number()));
        line = lines.next();
      }
    } catch (UserError e) {
      producer.flush();
      throw UserError.failure(
          e.getMessage()
              + "; "
              + Count.of(acknowledgements.acknowledged(), "record")
              + " before it went through",
          e);
    }
    producer.flush();
  }

  private InputStream open() throws IOException {
    if (file == null) {
      return new BufferedInputStream(System.in);
    }
    try {
      return new BufferedInputStream(Files.newInputStream(file));
    } catch (NoSuchFileException e) {
      throw UserError.failure("--file " + file + ": there is no such file", e);
    }
  }

  private KafkaProducer<byte[], byte[]> producer(Hub hub) {
    Map<String, Object> settings =
        hub.clientSettings(
            Map.of(
                "delivery.timeout.ms",
                30_000,
                "request.timeout.ms",
                10_000,
                "max.block.ms",
                30_000));
    settings.put("acks", acks.setting());
    settings.put("compression.type", compression.name().toLowerCase(Locale.ROOT));
    try {
      return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    } catch (KafkaException e) {
      throw hub.error("the producer for topic '" + topic + "'", e);
    }
  }

  static final class AcksConverter implements ITypeConverter<Acks> {
    @Override
    public Acks convert(String text) {
      try {
        return Acks.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
