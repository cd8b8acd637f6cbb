package io.headwater.cli;

import io.headwater.process.UserError;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.ResultRecord;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The topics of commands and of their results. */
record CommandTopics(Hub hub) {
  private static final Duration POLL = Duration.ofMillis(100);

  /** A command and its newest result. */
  record Entry(CommandRecord command, @Nullable ResultRecord result) {
    boolean isPending() {
      return result == null || !result.outcome().isFinal();
    }
  }

  static CommandTopics of(Hub hub) {
    if (!hub.topics().keySet().containsAll(List.of(CommandRecord.TOPIC, CommandRecord.RESULTS))) {
      throw UserError.failure(
          "the hub at "
              + hub.address()
              + " has no topic "
              + CommandRecord.TOPIC
              + ": no bridge has worked with it yet; start one with 'headwater bridge'");
    }
    return new CommandTopics(hub);
  }

  /** Twelve hexadecimal digits: short enough to be read aloud, and not met twice. */
  static String newId() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()).substring(0, 12);
  }

  static void requireGatewayName(String name) {
    if (!UplinkTopics.isGateway(name)) {
      throw UserError.usage(
          "GATEWAY: '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
    }
  }

  /** Refuses an expiry that the hub does not keep commands for. */
  void requireKept(Duration expiry) {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, CommandRecord.TOPIC);
    var config =
        hub.await(
            "topic '" + CommandRecord.TOPIC + "'",
            hub.admin().describeConfigs(List.of(resource)).all());
    var found = config.get(resource);
    var entry = found == null ? null : found.get(TopicConfig.RETENTION_MS_CONFIG);
    long kept = entry == null || entry.value() == null ? -1 : Long.parseLong(entry.value());
    if (kept >= 0 && expiry.toMillis() > kept) {
      throw UserError.failure(
          "--expiry %s is longer than the hub keeps commands: %s is retention.ms of topic %s"
              .formatted(text(expiry), text(Duration.ofMillis(kept)), CommandRecord.TOPIC));
    }
  }

  private static String text(Duration duration) {
    return duration.toSeconds() + "s";
  }

  private static TopicPartition partition(String topic, String gateway) {
    return new TopicPartition(topic, UplinkTopics.lane(gateway));
  }

  /** Writes a command; it is in the hub when this returns. */
  void send(CommandRecord command) {
    try (var producer =
        new KafkaProducer<>(
            hub.clientSettings(
                Map.of(
                    ProducerConfig.ACKS_CONFIG,
                    "all",
                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                    30_000,
                    ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                    10_000)),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(
              new ProducerRecord<>(
                  CommandRecord.TOPIC,
                  UplinkTopics.lane(command.gateway()),
                  command.createdMs(),
                  command.gateway().getBytes(StandardCharsets.UTF_8),
                  command.toBytes()))
          .get(40, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw hub.error("command", e.getCause() == null ? e : e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw hub.error("command", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw UserError.failure("interrupted", e);
    }
  }

  /** Where a gateway's results end now: look before sending. */
  long end(String gateway) {
    TopicPartition results = partition(CommandRecord.RESULTS, gateway);
    return new Offsets(hub, IsolationLevel.READ_COMMITTED)
        .ends(List.of(results))
        .getOrDefault(results, 0L);
  }

  /**
   * Reads a gateway's results until it is told to stop.
   *
   * @param goOn told each result; false ends it
   * @param stopped asked again and again
   */
  void follow(String gateway, long from, Predicate<ResultRecord> goOn, Predicate<Long> stopped) {
    TopicPartition results = partition(CommandRecord.RESULTS, gateway);
    long started = System.nanoTime();
    try (KafkaConsumer<byte[], byte[]> consumer = TopicScan.consumer(hub)) {
      consumer.assign(List.of(results));
      consumer.seek(results, from);
      while (!stopped.test(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          Optional<ResultRecord> result =
              record.value() == null ? Optional.empty() : ResultRecord.parse(record.value());
          if (result.isPresent() && !goOn.test(result.get())) {
            return;
          }
        }
      }
    } catch (KafkaException e) {
      throw hub.error("topic '" + CommandRecord.RESULTS + "'", e);
    }
  }

  /** All commands that are there, in the order of their times. */
  List<Entry> all(Optional<String> gateway) {
    var results = new HashMap<String, ResultRecord>();
    TopicScan.read(
        hub,
        partitions(CommandRecord.RESULTS, gateway),
        record -> {
          if (record.value() != null) {
            ResultRecord.parse(record.value())
                .filter(result -> {
                  ResultRecord before = results.get(result.id());
                  return before == null || !before.outcome().isFinal();
                })
                .ifPresent(result -> results.put(result.id(), result));
          }
        });
    var commands = new LinkedHashMap<String, CommandRecord>();
    TopicScan.read(
        hub,
        partitions(CommandRecord.TOPIC, gateway),
        record -> {
          try {
            if (record.value() != null) {
              CommandRecord command = CommandRecord.parse(record.value(), record.timestamp());
              commands.putIfAbsent(command.id(), command);
            }
          } catch (MalformedUplinkException _) {
            // No bridge does anything with it either.
          }
        });
    var entries = new ArrayList<Entry>();
    for (CommandRecord command : commands.values()) {
      if (gateway.isEmpty() || gateway.get().equals(command.gateway())) {
        entries.add(new Entry(command, results.get(command.id())));
      }
    }
    entries.sort((a, b) -> Long.compare(a.command().createdMs(), b.command().createdMs()));
    return entries;
  }

  private List<TopicPartition> partitions(String topic, Optional<String> gateway) {
    return gateway.isPresent()
        ? List.of(partition(topic, gateway.get()))
        : Partitions.of(hub, List.of(topic));
  }
}
