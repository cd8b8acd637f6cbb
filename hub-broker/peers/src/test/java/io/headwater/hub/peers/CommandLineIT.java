package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.apachekafka.ApacheKafka;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Headwater's command line says the same of an Apache Kafka as of the hub. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class CommandLineIT {
  /** Readings of two devices. */
  private static final String READINGS = "dev1:21.5|dev2:3:4|dev1:22.0|";

  /** What is in topic a when all have been sent that can be. */
  private static final int RECORDS = 8;

  @TempDir private Path folder;

  @Test
  void saysTheSameOfApacheKafkaAsOfTheHub() throws Exception {
    List<String> ofTheHub;
    try (PeerHub hub = PeerHub.start(folder)) {
      ofTheHub = transcript(hub.address());
    }
    List<String> ofKafka;
    try (ApacheKafka kafka = ApacheKafka.start(folder)) {
      ofKafka = transcript(kafka.address());
    }

    assertThat(ofKafka).isEqualTo(ofTheHub);
    assertThat(ofTheHub)
        .as("commands that ended well")
        .filteredOn(each -> each.endsWith("exit 0"))
        .hasSizeGreaterThan(20);
    Peer.ok(ofTheHub.size() + " commands: the same of the hub and of Apache Kafka");
  }

  /** Each command with what it printed, as far as it is the same wherever it runs. */
  private List<String> transcript(String address) throws IOException {
    var calls = new ArrayList<KafkaTools.Call>();
    calls.addAll(topics(address));
    calls.addAll(records(address));
    calls.addAll(groups(address));
    List<String> transcript = run(address, calls);
    try (var classic = member(address, "classic");
        var modern = member(address, "consumer")) {
      transcript.addAll(run(address, groupsWithMembers(address)));
      assertThat(List.of(classic, modern)).allMatch(each -> !each.assignment().isEmpty());
    }
    transcript.addAll(run(address, ends(address)));
    return transcript;
  }

  private static List<KafkaTools.Call> topics(String address) {
    return List.of(
        call(address, "topics create a b --partitions 3 --config retention.ms=86400000"),
        call(address, "topics create a --partitions 3"),
        call(address, "topics create x --partitions 0"),
        call(address, "topics create x --partitions 1 --replication-factor 3"),
        call(address, "topics create not/a/name --partitions 1"),
        call(address, "topics create x --config retention.mss=1"),
        call(address, "topics create x --partitions 1 --config retention.ms=long"),
        call(address, "topics list"),
        call(address, "topics list --json"),
        call(
            address,
            "topics alter a --partitions 4 --config max.message.bytes=20000"
                + " --delete-config retention.ms"),
        call(address, "topics alter a --partitions 2"),
        call(address, "topics alter a --config cleanup.policy=none"),
        call(address, "topics alter c --partitions 2"),
        call(address, "topics describe a b"),
        call(address, "topics describe a --json"));
  }

  private static List<KafkaTools.Call> records(String address) {
    return List.of(
        call(address, "produce a --key-separator :", READINGS),
        call(address, "produce a --partition 2 --header unit=C --compression zstd", "x|y|z|"),
        call(address, "produce a --partition 3 --acks 1", "one|"),
        call(address, "produce a --partition 3 --acks 0", "none|"),
        call(address, "produce a --partition 3", "x".repeat(30_000) + "|"),
        call(address, "produce a --partition 9", "lost|"),
        call(address, "produce aa", "lost|"),
        call(address, "consume a --until-end"),
        call(address, "consume a --until-end --output json"),
        call(address, "consume a --until-end --isolation read_uncommitted --key-separator ="),
        call(address, "consume a --partition 2 --from -2 --until-end"),
        call(address, "consume a --partition 2 --from 1 --count 1"),
        call(address, "consume a --from 2026-01-01T00:00:00Z --until-end"),
        call(address, "consume a --from latest --until-end"),
        call(address, "consume a --key dev1 --count 2"),
        call(address, "consume a --partition 7"),
        call(address, "consume b --until-end"),
        call(address, "consume c"));
  }

  private static List<KafkaTools.Call> groups(String address) {
    return List.of(
        call(address, "groups list"),
        call(address, "consume a --group crew --until-end --output json"),
        call(address, "consume a --group crew --until-end"),
        call(address, "groups list"),
        call(address, "groups list --json"),
        call(address, "groups describe crew"),
        call(address, "groups describe crew --json"),
        call(address, "groups describe creww"),
        call(address, "groups reset-offsets crew --to by -1"),
        call(address, "groups reset-offsets crew --to offset 1 --topic a:2 --execute"),
        call(address, "groups reset-offsets crew --to 2026-01-01 --topic b --execute --json"),
        call(address, "groups reset-offsets nobody --to earliest --topic a --execute"),
        call(address, "groups describe crew"),
        call(address, "consume a --group crew --until-end --key-separator ="));
  }

  private static List<KafkaTools.Call> groupsWithMembers(String address) {
    return Stream.of("classic", "consumer")
        .flatMap(group ->
            Stream.of(
                call(address, "groups describe " + group),
                call(address, "groups reset-offsets " + group + " --to earliest --execute"),
                call(address, "groups delete " + group + " --yes")))
        .toList();
  }

  private static List<KafkaTools.Call> ends(String address) {
    return List.of(
        call(address, "groups describe consumer"),
        call(address, "topics delete b"),
        call(address, "topics delete b --yes"),
        call(address, "groups describe crew"),
        call(address, "groups delete crew"),
        call(address, "groups delete crew --yes"),
        call(address, "groups delete crew --yes"),
        call(address, "topics delete a --yes"),
        call(address, "topics list"),
        call(address, "topics describe a"));
  }

  private static KafkaTools.Call call(String address, String command) {
    return call(address, command, "");
  }

  /** Words are separated by one space. */
  private static KafkaTools.Call call(String address, String command, String input) {
    return new KafkaTools.Call(
        HubCli.class.getName(),
        input,
        Stream.concat(Stream.of(command.split(" ")), Stream.of("--hub", address)).toList(),
        null);
  }

  private List<String> run(String address, List<KafkaTools.Call> calls) throws IOException {
    List<KafkaTools.Result> results = KafkaTools.run(folder, calls);
    var transcript = new ArrayList<String>();
    for (int i = 0; i < calls.size(); i++) {
      KafkaTools.Result result = results.get(i);
      transcript.add(
          (calls.get(i) + "\n" + comparable(result.output()) + "exit " + result.exitCode())
              .replace(address, "HUB"));
    }
    return transcript;
  }

  /**
   * Without identifiers, times and the width of columns, without what the other end says in its own
   * words or has been set up with, and without the order of partitions, which nobody promises.
   */
  private static String comparable(String output) {
    return output
        .lines()
        .filter(line -> !line.isBlank() && !line.endsWith(" broker"))
        .map(line ->
            line.replaceAll("id\":\"[\\w-]{22}\"", "id\":\"ID\"")
                .replaceAll(", id [\\w-]{22}", ", id ID")
                .replaceAll("(?<=\\s|^)(member|headwater)-[0-9a-f-]{36}", "MEMBER")
                .replaceAll("(?<=\\s|^)[\\w-]{22}(?=\\s)", "MEMBER")
                .replaceAll("20\\d\\d-[\\d-]+T[\\d:.]+Z", "TIME")
                .replaceAll("(topic 'x'|first failure, line 1): .+", "$1: REASON")
                .replaceAll(",\\{\"config\":[^}]+ broker\"\\}", "")
                .replaceAll(" +", " "))
        .sorted()
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** A member that has its partitions. */
  private static KafkaConsumer<String, String> member(String address, String protocol) {
    var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of(
                "bootstrap.servers",
                address,
                "group.id",
                protocol,
                "group.protocol",
                protocol,
                "client.id",
                "member",
                "auto.offset.reset",
                "earliest"),
            new StringDeserializer(),
            new StringDeserializer());
    consumer.subscribe(List.of("a"));
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    for (int read = 0; read < RECORDS; read += consumer.poll(Duration.ofMillis(100)).count()) {
      assertThat(System.nanoTime()).as("%d records read", read).isLessThan(end);
    }
    consumer.commitSync();
    return consumer;
  }
}
