package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two members of one group, each a backend service of the examples. The first reads all partitions
 * until the second joins, and is killed later on.
 */
final class ServicePair implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int PARTITIONS = 6;

  private final Example firstExample;
  private final Example secondExample;
  private @Nullable ChildProcess first;
  private @Nullable ChildProcess second;

  ServicePair(Example first, Example second) {
    assertThat(first.environment("GROUP")).isEqualTo(second.environment("GROUP"));
    this.firstExample = first;
    this.secondExample = second;
  }

  String group() {
    return firstExample.environment("GROUP");
  }

  void startFirst() {
    first = startLastCommand(firstExample);
  }

  /** Returns when both have half of the partitions. */
  void startSecond() {
    ChildProcess alone = Objects.requireNonNull(first);
    awaitPartitions(alone, PARTITIONS);
    await(group())
        .atMost(PATIENCE)
        .until(() -> alone.output().contains("processed 120 readings, lag 0"));
    ChildProcess joining = startLastCommand(secondExample);
    second = joining;
    awaitPartitions(joining, PARTITIONS / 2);
    awaitPartitions(alone, PARTITIONS / 2);
    var all = new ArrayList<>(partitions(alone));
    all.addAll(partitions(joining));
    assertThat(all).as(group()).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
  }

  /** SIGKILL, when both are at work. */
  void killFirst() {
    ChildProcess victim = Objects.requireNonNull(first);
    awaitProcessed(victim, 300);
    awaitProcessed(Objects.requireNonNull(second), 100);
    victim.kill();
  }

  /** Returns when the second has all partitions. */
  void awaitTakeover() {
    awaitPartitions(Objects.requireNonNull(second), PARTITIONS);
  }

  /** Waits until the database has so many readings of each device. */
  void awaitCounts(Map<String, Long> expected) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(counts()).as(group()).isEqualTo(expected));
  }

  /** SIGTERM, upon which it ends in good order. */
  void stopSecond() {
    ChildProcess survivor = Objects.requireNonNull(second);
    // A JVM tells the signal, Python does not.
    assertThat(survivor.terminate()).as(survivor::output).isIn(0, 143);
    assertThat(survivor.output()).containsPattern("stopped after [1-9][0-9]* readings");
  }

  private static ChildProcess startLastCommand(Example example) {
    return example.start(example.commands().size() - 1);
  }

  private void awaitPartitions(ChildProcess member, int count) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(partitions(member))
                .as(() -> group() + "\n" + member.output())
                .hasSize(count));
  }

  private void awaitProcessed(ChildProcess member, long count) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(last("processed (\\d+) readings", member).map(Long::parseLong).orElse(0L))
                .as(() -> group() + "\n" + member.output())
                .isGreaterThanOrEqualTo(count));
  }

  /** As the member has said last. */
  private static List<Integer> partitions(ChildProcess member) {
    return last("partitions: ([0-9 ]*)", member).stream()
        .flatMap(list -> Stream.of(list.split(" ")))
        .filter(number -> !number.isEmpty())
        .map(Integer::valueOf)
        .toList();
  }

  private static Optional<String> last(String pattern, ChildProcess member) {
    return Pattern.compile(pattern)
        .matcher(member.output())
        .results()
        .map(found -> found.group(1))
        .reduce((_, later) -> later);
  }

  private Map<String, Long> counts() throws SQLException {
    Path file = Path.of(firstExample.environment("DATABASE"));
    var counts = new HashMap<String, Long>();
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + file + "?busy_timeout=10000");
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery("SELECT device, sum(readings) FROM summaries GROUP BY device")) {
      while (rows.next()) {
        counts.put(rows.getString(1), rows.getLong(2));
      }
    }
    return counts;
  }

  @Override
  public void close() {
    if (first != null) {
      first.close();
    }
    if (second != null) {
      second.close();
    }
  }
}
