package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.ByteSize;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Percentage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes again under a known identifier is no second row, and is acknowledged as the first. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MessageIdsTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final long LONG = 3_600_000;

  @TempDir private Path folder;

  private EdgeLog open() {
    return EdgeLog.open(
        folder,
        new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(64), Duration.ZERO, 8192),
        new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private static CompletableFuture<Append.Outcome> append(
      EdgeLog log, String client, String value, StateChange... also) {
    var outcome = new CompletableFuture<Append.Outcome>();
    log.offer(
        new Append(
            A,
            null,
            value.getBytes(StandardCharsets.UTF_8),
            1,
            ClockQuality.SYNCED,
            "t",
            client,
            null,
            List.of(also),
            outcome::complete));
    return outcome;
  }

  private static void commit(EdgeLog log, String client, String value, StateChange... also) {
    assertThat(append(log, client, value, also).join()).isEqualTo(Append.Outcome.COMMITTED);
  }

  private static StateChange id(String id) {
    return new StateChange.RememberId(id, LONG);
  }

  private static List<String> values(EdgeLog log) {
    var found = new ArrayList<String>();
    for (LogRows rows = log.rows(1, 500, 1 << 20);
        !rows.rows().isEmpty();
        rows = log.rows(rows.nextSeq(), 500, 1 << 20)) {
      rows.rows().stream()
          .map(row -> new String(row.value(), StandardCharsets.UTF_8))
          .filter(value -> !value.startsWith("fill"))
          .forEach(found::add);
    }
    return found;
  }

  @Test
  void oneIdOfAClientIsOneRow() {
    try (EdgeLog log = open()) {
      CompletableFuture<Append.Outcome> first = append(log, "c", "1", id("x"));
      CompletableFuture<Append.Outcome> second = append(log, "c", "again", id("x"));

      assertThat(first.join()).isEqualTo(Append.Outcome.COMMITTED);
      assertThat(second.join()).isEqualTo(Append.Outcome.COMMITTED);
      commit(log, "other", "2", id("x"));
      commit(log, "c", "3", id("y"));
      commit(log, "c", "4");
      assertThat(values(log)).containsExactly("1", "2", "3", "4");
      assertThat(log.ends()).containsEntry(A, 4L);
    }
  }

  @Test
  void idsOutliveRestartsAndNewFiles() throws IOException {
    try (EdgeLog log = open()) {
      commit(log, "c", "1", id("x"));
    }
    try (EdgeLog log = open()) {
      commit(log, "c", "again", id("x"));
      int files = LogFolder.list(folder).size();
      for (int i = 0; i < 100; i++) {
        append(log, "filler", "fill" + "x".repeat(1000), id("f" + i));
      }
      commit(log, "filler", "fill");
      Awaitility.await().until(() -> LogFolder.list(folder).size() > files);
      commit(log, "c", "again", id("x"));
      commit(log, "filler", "again", id("f99"));
      commit(log, "c", "2", id("y"));
    }
    try (EdgeLog log = open()) {
      commit(log, "c", "again", id("x"));
      commit(log, "c", "again", id("y"));
      assertThat(values(log)).containsExactly("1", "2");
    }
  }

  @Test
  void idIsForgottenWhenItsTimeIsOver() {
    try (EdgeLog log = open()) {
      commit(log, "c", "1", new StateChange.RememberId("x", 0));
      commit(log, "c", "2", id("x"));
      commit(log, "c", "again", id("x"));
      assertThat(values(log)).containsExactly("1", "2");
    }
  }

  @Test
  void repeatStillOpensItsPacketIdentifier() {
    try (EdgeLog log = open()) {
      commit(log, "c", "1", id("x"));
      var opened = new CompletableFuture<StateWrite.Result>();
      log.write(
          new StateWrite(
              List.of(new StateChange.OpenSession("c", 100, null)), null, opened::complete));
      opened.join();
      commit(log, "c", "again", new StateChange.OpenInbound("c", 7), id("x"));
      var loaded = new CompletableFuture<StateWrite.Result>();
      log.write(new StateWrite(List.of(), "c", loaded::complete));

      assertThat(loaded.join().session().orElseThrow().inbound()).containsExactly(7);
      assertThat(values(log)).containsExactly("1");
    }
  }

  @Test
  void thoseWhoseTimeIsOverGoBitByBit() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(MessageIds.SCHEMA);
      connection.setAutoCommit(false);
      try (var ids = new MessageIds(connection)) {
        for (int i = 0; i < 3000; i++) {
          ids.remember("c", "short" + i, 0, 5);
        }
        for (int round = 0; round < 4; round++) { // two to the end, one to begin anew, one more
          for (int i = 0; i < 500; i++) {
            ids.remember("c", "long" + round + "-" + i, 10, LONG);
          }
          assertThat(ids.forget(10)).as("before their time").isZero();
        }
        try (ResultSet left = statement.executeQuery("SELECT id FROM message_id")) {
          var found = new ArrayList<String>();
          while (left.next()) {
            found.add(left.getString(1));
          }
          assertThat(found).hasSize(2000).allMatch(id -> id.startsWith("long"));
        }
        long counted = ids.bytes();
        ids.recount();
        assertThat(ids.bytes()).isCloseTo(counted, Percentage.withPercentage(10));
      }
    }
  }

  @Test
  void theOldestOfTooManyGo() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(MessageIds.SCHEMA);
      connection.setAutoCommit(false);
      try (var ids = new MessageIds(connection)) {
        assertThat(ids.remember("c", "over", 0, 5)).isFalse();
        for (int i = 0; i < MessageIds.MOST + 3; i++) {
          assertThat(ids.remember("c", "id" + i, 1, LONG)).isFalse();
        }
        assertThat(ids.forget(10)).as("before their time").isEqualTo(3);
        assertThat(ids.remember("c", "id2", 10, LONG)).isFalse();
        assertThat(ids.remember("c", "id3", 10, LONG)).isTrue();
        assertThat(ids.newest()).isEqualTo(10);
      }
    }
  }
}
