package io.headwater.edge.mqtt;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.log.LogSlice;
import io.headwater.edge.log.StateWrite;
import io.headwater.edge.log.StoredSession;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** What is wrong with a log after a power cut, by what its clients had been told before. */
@NullMarked
final class AfterCut {
  private static final int SHOWN = 60;

  private final Told told;
  private final List<String> wrong = new ArrayList<>();

  private AfterCut(Told told) {
    this.told = told;
  }

  /**
   * Opens the log as the agent does, and looks.
   *
   * @return a sentence for each finding; none if all is well
   */
  static List<String> findings(Path folder, Told told) {
    var after = new AfterCut(told);
    try (EdgeLog log =
        EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      after.compareRows(log);
      after.compareRetained(log);
      after.compareSessions(log);
      after.lookForDamage(folder);
    } catch (RuntimeException e) {
      after.wrong.add("the log does not open: " + e);
    }
    return after.wrong;
  }

  private void compareRows(EdgeLog log) {
    var rows = new HashMap<String, Integer>();
    long next = 1;
    for (List<LogRow> some = log.rows(next, 1000, 1 << 20).rows();
        !some.isEmpty();
        some = log.rows(next, 1000, 1 << 20).rows()) {
      for (LogRow row : some) {
        String payload = new String(row.value(), StandardCharsets.UTF_8);
        Told.Message message = told.messages().get(payload);
        if (message == null || !message.topic.equals(row.mqttTopic())) {
          wrong.add("never published: " + shown(payload) + " on " + shown(row.mqttTopic()));
        } else if (rows.merge(payload, 1, Integer::sum) > message.mostRows()) {
          wrong.add("once too often: " + shown(payload));
        }
      }
      next = some.getLast().seq() + 1;
    }
    List<String> missing =
        told.messages().entrySet().stream()
            .filter(each -> each.getValue().isAcknowledged() && !rows.containsKey(each.getKey()))
            .map(Map.Entry::getKey)
            .toList();
    long givenUp = givenUp(log);
    // Those that were given up are the oldest.
    missing.stream().skip(givenUp).forEach(payload -> wrong.add("lost: " + shown(payload)));
    long sent = told.messages().values().stream().mapToLong(message -> message.sent()).sum();
    long found = rows.values().stream().mapToLong(Integer::longValue).sum();
    if (givenUp + found > sent) {
      wrong.add("more in rows (" + found + ") and gaps (" + givenUp + ") than were sent: " + sent);
    }
  }

  /**
   * Readings in gaps of a full disk; no other gap excuses a loss. Each offset below a stream's end
   * must be in one, or have its row.
   */
  private long givenUp(EdgeLog log) {
    long givenUp = 0;
    for (Map.Entry<StreamPartition, Long> stream : log.ends().entrySet()) {
      for (long next = 0; next < stream.getValue(); ) {
        LogSlice slice = log.read(stream.getKey(), next, 1000, 1 << 20);
        long inGaps = 0;
        for (Gap gap : slice.gaps()) {
          long offsets = gap.nextOffset() - gap.firstOffset();
          inGaps += offsets;
          givenUp += gap.reason() == GapReason.DISK_FULL ? offsets : 0;
        }
        if (slice.firstOffset() != next
            || slice.nextOffset() <= next
            || slice.records().size() + inGaps != slice.nextOffset() - next) {
          wrong.add("neither or both row and gap: " + stream.getKey() + " " + slice);
          break;
        }
        next = slice.nextOffset();
      }
    }
    return givenUp;
  }

  /** A topic keeps the last message that was acknowledged, or one that was published later. */
  private void compareRetained(EdgeLog log) {
    var least = new HashMap<String, Integer>();
    told.messages()
        .forEach((payload, message) -> {
          if (message.isRetained && message.isAcknowledged()) {
            least.merge(message.topic, number(payload), Math::max);
          }
        });
    Map<String, String> found = new HashMap<>();
    for (LogRow row : log.retained("", "", 1000, 1 << 24)) {
      found.put(row.mqttTopic(), new String(row.value(), StandardCharsets.UTF_8));
    }
    found.forEach((topic, payload) -> {
      Told.Message message = told.messages().get(payload);
      if (message == null || !message.isRetained || !message.topic.equals(topic)) {
        wrong.add("retained, never published: " + shown(payload) + " on " + shown(topic));
      }
    });
    least.forEach((topic, number) -> {
      String payload = found.get(topic);
      if (payload == null || number(payload) < number) {
        wrong.add(
            "retained message lost on "
                + topic
                + ": "
                + (payload == null ? "none" : shown(payload))
                + " < "
                + number);
      }
    });
  }

  /** As {@link ReturningPublisher} makes them. */
  private static int number(String payload) {
    int number = 0;
    for (int i = payload.indexOf(':') + 1;
        i < payload.length() && Character.isDigit(payload.charAt(i));
        i++) {
      number = 10 * number + Character.digit(payload.charAt(i), 10);
    }
    return number;
  }

  private void compareSessions(EdgeLog log) {
    told.sessions()
        .forEach((client, session) -> {
          if (session.received().isEmpty()
              && session.completed().isEmpty()
              && !session.isSubscribed()) {
            return;
          }
          var loaded = new CompletableFuture<Optional<StoredSession>>();
          log.write(new StateWrite(List.of(), client, result -> loaded.complete(result.session())));
          Optional<StoredSession> stored = loaded.join();
          if (stored.isEmpty()) {
            wrong.add("session lost: " + client);
            return;
          }
          if (session.isSubscribed() && stored.get().filters().isEmpty()) {
            wrong.add("subscription lost: " + client);
          }
          var inbound = new HashSet<>(stored.get().inbound());
          for (int id : session.received()) {
            if (!inbound.contains(id)) {
              wrong.add("forgotten at QoS 2, a row twice if it comes again: packet " + id);
            }
          }
          for (int id : inbound) {
            if (session.completed().contains(id)) {
              wrong.add("not forgotten at QoS 2, swallows what comes next: packet " + id);
            }
          }
        });
  }

  private void lookForDamage(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(each -> each.toString().contains(".corrupt"))
          .forEach(each -> wrong.add("put aside as damaged: " + each.getFileName()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String shown(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "… (" + text.length() + ")";
  }
}
