package io.headwater.analytics;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One who listens to new results, by server-sent events: those that wait for it are bounded, so one
 * that does not keep up costs nobody else anything.
 *
 * <p>The feed's thread puts events in, the request's own writes them out; {@code end} is set once,
 * by whoever ends it.
 */
final class LiveClient {
  /** Events that wait for it at most. */
  static final int BACKLOG = 1_024;

  private static final Duration HEARTBEAT = Duration.ofSeconds(15);
  private static final String WAKE = "";

  private final String query;
  private final List<String> topics;
  private final Optional<byte[]> key;
  private final BlockingQueue<String> events = new ArrayBlockingQueue<>(BACKLOG);
  private volatile @Nullable String end;
  private volatile @Nullable Thread writer;

  /**
   * @param query the name
   * @param topics where the query's results are
   * @param key of the results that it wants; empty for all
   */
  LiveClient(String query, List<String> topics, Optional<String> key) {
    this.query = query;
    this.topics = topics;
    this.key = key.map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  String query() {
    return query;
  }

  List<String> topics() {
    return topics;
  }

  boolean wants(byte @Nullable [] resultKey) {
    return key.isEmpty() || Arrays.equals(key.get(), resultKey);
  }

  /**
   * Puts an event in.
   *
   * @param event as {@link #event} writes it
   * @return false if there is no place for it
   */
  boolean offer(String event) {
    return events.offer(event);
  }

  boolean hasRoomFor(int more) {
    return events.remainingCapacity() >= more;
  }

  /** Whether nothing waits for it. */
  boolean isIdle() {
    return events.isEmpty();
  }

  /** What waits is still written, then the reason; the first reason counts. */
  void end(String name, String reason) {
    if (end == null) {
      end = event(name, JsonNodeFactory.instance.objectNode().put("error", reason).toString());
      events.offer(WAKE); // no place: it does not wait for anything
    }
  }

  /** It has not even read why it was ended. */
  void abandon() {
    Thread stuck = writer;
    if (stuck != null) {
      stuck.interrupt(); // closes its connection
    }
  }

  boolean isGone() {
    return end != null && writer == null;
  }

  /** Writes until the end, or until the other side is gone. */
  void writeTo(OutputStream out) throws IOException, InterruptedException {
    writer = Thread.currentThread();
    try {
      write(out, "retry: 2000\n\n");
      while (true) {
        String event = events.poll(HEARTBEAT.toNanos(), TimeUnit.NANOSECONDS);
        String last = end;
        if (last != null && events.isEmpty()) {
          write(out, (event == null ? "" : event) + last);
          return;
        }
        // A comment: it finds out whether the other side is still there.
        write(out, event == null ? ": still here\n\n" : event);
      }
    } finally {
      writer = null;
    }
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** An event as it goes over the wire; an unnamed one is a result. */
  static String event(String name, String data) {
    var event = new StringBuilder(data.length() + 40);
    if (!name.isEmpty()) {
      event.append("event: ").append(name).append('\n');
    }
    data.lines().forEach(line -> event.append("data: ").append(line).append('\n'));
    return event.append('\n').toString();
  }
}
