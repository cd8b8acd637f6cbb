package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.Capture;
import io.headwater.edge.log.StateChange.Outbound;
import io.headwater.edge.log.StateChange.OutboundState;
import io.headwater.process.ByteSize;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What MQTT keeps beside the rows, over restarts and over files. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EdgeLogStateTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final String CLIENT = "pump";
  private static final LogSettings SMALL_FILES =
      new LogSettings(
          ByteSize.ofKibibytes(64),
          ByteSize.ofKibibytes(1),
          Duration.ZERO,
          8192,
          ByteSize.ofMebibytes(64));

  @TempDir Path folder;

  private EdgeLog open(LogSettings settings, String... pragmas) {
    return EdgeLog.open(
        folder, settings, new EdgeLogMetrics(new SimpleMeterRegistry()), List.of(pragmas));
  }

  private static StateWrite.Result write(
      EdgeLog log, @Nullable String load, StateChange... changes) {
    var result = new CompletableFuture<StateWrite.Result>();
    log.write(new StateWrite(List.of(changes), load, result::complete));
    return result.join();
  }

  private static Append.Outcome append(
      EdgeLog log, String topic, String value, StateChange... also) {
    var outcome = new CompletableFuture<Append.Outcome>();
    assertThat(
            log.offer(
                new Append(
                    A,
                    null,
                    value.getBytes(StandardCharsets.UTF_8),
                    1,
                    ClockQuality.SYNCED,
                    topic,
                    "c",
                    new byte[] {6},
                    List.of(also),
                    outcome::complete)))
        .isTrue();
    return outcome.join();
  }

  private static StoredSession session(EdgeLog log) {
    return write(log, CLIENT).session().orElseThrow();
  }

  private static List<String> retained(EdgeLog log, String after, String prefix) {
    return log.retained(after, prefix, 100, 1 << 20).stream()
        .map(row -> row.mqttTopic() + "=" + new String(row.value(), StandardCharsets.UTF_8))
        .toList();
  }

  /** Writes until the next file has begun. */
  private void roll(EdgeLog log) throws IOException {
    int files = LogFolder.list(folder).size();
    Path newest = LogFolder.list(folder).getLast();
    var outcomes = new ArrayList<Append.Outcome>();
    Awaitility.await()
        .until(() -> {
          outcomes.add(append(log, "fill", "x".repeat(20_000)));
          return !LogFolder.list(folder).getLast().equals(newest);
        });
    assertThat(outcomes).containsOnly(Append.Outcome.COMMITTED);
    assertThat(files).isPositive();
  }

  private static void fillSession(EdgeLog log) {
    write(
        log,
        null,
        new StateChange.OpenSession(CLIENT, 3600, new byte[] {1, 2}),
        new StateChange.PutFilter(CLIENT, "a/#", 5, 7),
        new StateChange.PutFilter(CLIENT, "b", 1, 0),
        new StateChange.RemoveFilter(CLIENT, "b"),
        new StateChange.OpenInbound(CLIENT, 3),
        new StateChange.OpenInbound(CLIENT, 4),
        new StateChange.CloseInbound(CLIENT, 3));
    write(
        log,
        null,
        new StateChange.Progress(
            CLIENT,
            30,
            List.of(
                new Outbound(1, 20, OutboundState.QOS_2),
                new Outbound(2, 10, OutboundState.QOS_1),
                new Outbound(9, 11, OutboundState.QOS_1)),
            List.of()),
        new StateChange.Progress(
            CLIENT, 31, List.of(new Outbound(1, 20, OutboundState.RELEASED)), List.of(9)));
  }

  private static void assertSessionIsWhole(StoredSession session) {
    assertThat(session.expirySeconds()).isEqualTo(3600);
    assertThat(session.will()).containsExactly(1, 2);
    assertThat(session.cursor()).isEqualTo(31);
    assertThat(session.filters())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.filter()).isEqualTo("a/#");
          assertThat(each.options()).isEqualTo(5);
          assertThat(each.identifier()).isEqualTo(7);
        });
    assertThat(session.inbound()).containsExactly(4);
    assertThat(session.outbound())
        .containsExactly(
            new Outbound(2, 10, OutboundState.QOS_1), new Outbound(1, 20, OutboundState.RELEASED));
  }

  @Test
  void sharedSubscriptionLivesAsLongAsASessionHasIt() throws IOException {
    String filter = "$share/g/a/#";
    try (EdgeLog log = open(SMALL_FILES)) {
      write(log, null, new StateChange.SharedProgress(filter, 9, List.of(1L), List.of()));
      write(
          log,
          null,
          new StateChange.OpenSession(CLIENT, 3600, null),
          new StateChange.PutFilter(CLIENT, filter, 1, 0),
          new StateChange.OpenSession("other", 3600, null),
          new StateChange.PutFilter("other", filter, 1, 0),
          new StateChange.SharedProgress(filter, 7, List.of(3L, 4L, 5L), List.of()),
          new StateChange.SharedProgress(filter, 8, List.of(6L), List.of(4L)),
          new StateChange.TakeShared(filter, 5));
      roll(log);
      write(log, null, new StateChange.EndSession("other"));
    }
    try (EdgeLog log = open(SMALL_FILES)) {
      assertThat(log.shares())
          .containsExactly(new StoredShare(filter, 8, List.of(3L, 6L), List.of(CLIENT)));
      write(log, null, new StateChange.RemoveFilter(CLIENT, filter));
    }
    try (EdgeLog log = open(SMALL_FILES)) {
      assertThat(log.shares()).isEmpty();
    }
  }

  @Test
  void sessionSurvivesARestartAndANewFile() throws IOException {
    try (EdgeLog log = open(SMALL_FILES)) {
      fillSession(log);
      assertSessionIsWhole(session(log));
    }
    try (EdgeLog log = open(SMALL_FILES)) {
      assertThat(log.sessions()).extracting(StoredSession::client).containsExactly(CLIENT);
      assertSessionIsWhole(session(log));
      roll(log);
      assertSessionIsWhole(session(log));
    }
    try (EdgeLog log = open(SMALL_FILES)) {
      assertSessionIsWhole(session(log));
      write(log, null, new StateChange.EndSession(CLIENT));
      assertThat(write(log, CLIENT).session()).isEmpty();
      write(log, null, new StateChange.OpenSession(CLIENT, 1, null));
      StoredSession fresh = session(log);
      assertThat(fresh.filters()).isEmpty();
      assertThat(fresh.inbound()).isEmpty();
      assertThat(fresh.outbound()).isEmpty();
    }
  }

  @Test
  void newSessionBeginsAtItsPlaceInTheLogAndKeepsItWhenItsClientIsBack() {
    try (EdgeLog log = open(LogSettings.DEFAULTS)) {
      append(log, "t", "1");
      append(log, "t", "2");
      StateWrite.Result opened = write(log, CLIENT, new StateChange.OpenSession(CLIENT, 60, null));
      assertThat(opened.session()).isEmpty();
      assertThat(opened.position()).isEqualTo(3);
      append(log, "t", "3");
      var left = new Capture(5, 60_000, 77, ClockQuality.UNSYNCED);
      write(log, null, new StateChange.LeaveSession(CLIENT, 90, left, true));
      assertThat(session(log).connected()).isFalse();
      assertThat(session(log).left()).isEqualTo(left);

      StateWrite.Result again = write(log, CLIENT, new StateChange.OpenSession(CLIENT, 60, null));

      assertThat(again.session().orElseThrow().cursor()).isEqualTo(3);
      assertThat(again.session().orElseThrow().expirySeconds()).isEqualTo(90);
      assertThat(again.position()).isEqualTo(4);
      assertThat(log.rows(3, 10, 1000).rows())
          .singleElement()
          .satisfies(row -> {
            assertThat(row.seq()).isEqualTo(3);
            assertThat(row.attributes()).containsExactly(6);
            assertThat(row.value()).asString().isEqualTo("3");
          });
      assertThat(log.rows(4, 10, 1000).rows()).isEmpty();
    }
  }

  @Test
  void retainedMessagesAreReplacedAndDeletedByTheirRowsAndSurviveANewFile() throws IOException {
    var retain = new StateChange.Retain();
    try (EdgeLog log = open(SMALL_FILES)) {
      append(log, "a/1", "old", retain);
      append(log, "a/1", "new", retain);
      append(log, "a/2", "gone", retain);
      append(log, "a/2", "", retain);
      append(log, "b", "x", retain);
      append(log, "c", "only a row");
      roll(log);
      assertThat(retained(log, "", "")).containsExactly("a/1=new", "b=x");
    }
    try (EdgeLog log = open(SMALL_FILES)) {
      assertThat(retained(log, "", "a/")).containsExactly("a/1=new");
      assertThat(retained(log, "a/1", "")).containsExactly("b=x");
    }
  }

  @Test
  void rowsAreReadOverFilesInTheirOrder() throws IOException {
    try (EdgeLog log = open(SMALL_FILES)) {
      append(log, "first", "1");
      roll(log);
      append(log, "last", "2");
      var seqs = new ArrayList<Long>();
      String last = "";
      long next = 1;
      for (LogRows rows = log.rows(next, 2, 100_000);
          !rows.rows().isEmpty();
          rows = log.rows(next, 2, 100_000)) {
        assertThat(rows.missing()).isZero();
        rows.rows().forEach(row -> seqs.add(row.seq()));
        last = rows.rows().getLast().mqttTopic();
        next = rows.nextSeq();
      }
      assertThat(last).isEqualTo("last");
      for (int i = 0; i < seqs.size(); i++) {
        assertThat(seqs.get(i)).isEqualTo(i + 1);
      }
    }
  }

  @Test
  void settledFileStaysWhileASessionNeedsIt() throws IOException {
    try (EdgeLog log = open(SMALL_FILES)) {
      write(
          log,
          null,
          new StateChange.OpenSession(CLIENT, 60, null),
          new StateChange.PutFilter(CLIENT, "#", 1, 0));
      Path first = LogFolder.list(folder).getFirst();
      roll(log);
      roll(log);
      roll(log);
      log.settle(A, OffsetRanges.of(0, log.ends().getOrDefault(A, 0L)));
      Awaitility.await().during(Duration.ofSeconds(3)).until(() -> first.toFile().exists());

      write(log, null, new StateChange.Progress(CLIENT, 1_000_000, List.of(), List.of()));

      Awaitility.await().until(() -> !first.toFile().exists());
      assertThat(log.rows(1, 1, 100).missing()).isPositive();
    }
  }

  @Test
  void filesOfAnAgentWithoutStateAreOpenedAndReadOn() throws IOException, SQLException {
    try (EdgeLog log = open(SMALL_FILES)) {
      append(log, "t", "old");
      roll(log);
    }
    for (Path file : LogFolder.list(folder)) {
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          var statement = connection.createStatement()) {
        for (String table : List.of("session", "filter", "inbound", "outbound", "retained")) {
          statement.executeUpdate("DROP TABLE " + table);
        }
        statement.executeUpdate("DELETE FROM meta WHERE name = 'changes'");
      }
      FirstLayout.bringBack(file, false);
    }
    try (EdgeLog log = open(SMALL_FILES)) {
      assertThat(log.rows(1, 1, 1000).rows())
          .singleElement()
          .satisfies(row -> assertThat(row.attributes()).isNull());
      assertThat(append(log, "t", "new", new StateChange.Retain()))
          .isEqualTo(Append.Outcome.COMMITTED);
      fillSession(log);
      roll(log);
      assertSessionIsWhole(session(log));
      assertThat(retained(log, "", "")).containsExactly("t=new");
    }
  }

  @Test
  void changesOfARefusedGroupAreNotMade() {
    try (EdgeLog log = open(LogSettings.DEFAULTS, "PRAGMA max_page_count=40")) {
      fillSession(log);
      Append.Outcome outcome = Append.Outcome.COMMITTED;
      for (int i = 0; outcome == Append.Outcome.COMMITTED; i++) {
        outcome =
            append(
                log,
                "t/" + i,
                "x".repeat(3000),
                new StateChange.Retain(),
                new StateChange.OpenInbound(CLIENT, 1000 + i));
      }
      assertThat(outcome).isEqualTo(Append.Outcome.DISK_FULL);
      int rows = log.rows(1, 500, 1 << 20).rows().size();

      assertThat(session(log).inbound()).hasSize(rows + 1).contains(4);
      assertThat(retained(log, "", "")).hasSize(rows);
    }
  }
}
