package io.headwater.edge.mqtt;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StoredSession;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Who is connected under which client identifier, and which sessions are kept while their clients
 * are away: those end, and their wills are published, when it is time. Thread-safe.
 *
 * <p>Whatever it writes is offered to the log under its lock, and so before or after all that the
 * client's next connection writes.
 */
final class Sessions {
  /** Of identifiers that the server gives: they say nothing about who comes back. */
  static final String GIVEN = "auto-";

  /** A session that never ends by itself, in seconds. */
  static final long NEVER = 0xFFFFFFFFL;

  private static final int MOST = 10_000;
  private static final long MOST_FAILED_WILL_BYTES = 4 << 20;
  private static final long RETRY_MILLIS = 100;
  private static final long COMMIT_RETRY_MILLIS = 1000;

  /** A session whose client is not connected. */
  private static final class Away {
    private final long endsNanos;
    private final long willNanos;
    private @Nullable Will will;
    private @Nullable ScheduledFuture<?> timer;

    Away(long endsNanos, @Nullable Will will, long willNanos) {
      this.endsNanos = endsNanos;
      this.will = will;
      this.willNanos = willNanos;
    }
  }

  /**
   * How a connection leaves its session.
   *
   * @param expirySeconds how long it is kept
   * @param will to be published; null for none
   */
  record Ending(long expirySeconds, @Nullable Will will) {}

  private final SessionStore store;
  private final PublishSink sink;
  private final ClientWatch watch;
  private final SharedGroups shares;
  private final EventExecutorGroup timers;
  private final MqttMetrics metrics;

  // Guarded by this, and so is the order in which the watch is told.
  private final Map<String, MqttConnection> connections = new HashMap<>();
  private final Map<String, Away> away = new LinkedHashMap<>(); // the longest away first
  private final Set<String> stored = new HashSet<>();
  private long failedWillBytes;

  Sessions(
      SessionStore store,
      PublishSink sink,
      ClientWatch watch,
      SharedGroups shares,
      EventExecutorGroup timers,
      MqttMetrics metrics) {
    this.store = store;
    this.sink = sink;
    this.watch = watch;
    this.shares = shares;
    this.timers = timers;
    this.metrics = metrics;
  }

  /**
   * Goes on with the sessions that the log has.
   *
   * @param clock where it cannot be trusted sessions only live longer
   */
  synchronized void restore(List<StoredSession> sessions, DeviceClock clock) {
    for (StoredSession each : sessions) {
      stored.add(each.client());
      long gone =
          each.connected()
              ? 0
              : Math.min(clock.leastAgeMs(each.left()) / 1000, each.expirySeconds());
      long left = each.expirySeconds() == NEVER ? NEVER : each.expirySeconds() - gone;
      leave(each.client(), left, each.will() == null ? null : Will.decode(each.will()));
    }
  }

  /** Puts the newcomer in and returns who had the identifier before. */
  synchronized @Nullable MqttConnection take(String clientId, MqttConnection newcomer) {
    MqttConnection before = connections.put(clientId, newcomer);
    if (!clientId.startsWith(GIVEN)) {
      watch.connected(clientId);
    }
    Away gone = away.remove(clientId);
    if (gone != null) {
      if (gone.timer != null) {
        gone.timer.cancel(false);
      }
      if (gone.will != null && newcomer.startsClean()) {
        fire(clientId, gone.will, new StateChange.ClearWill(clientId)); // its session ends now
      }
    }
    return before;
  }

  /** How many clients are connected. */
  synchronized int connected() {
    return connections.size();
  }

  /** How many sessions are kept whose clients are not connected. */
  synchronized int away() {
    return away.size();
  }

  /** Whether the log may have something of a client's. */
  synchronized boolean isStored(String clientId) {
    return stored.contains(clientId);
  }

  /** The client's connection writes its session. */
  synchronized void stores(String clientId) {
    stored.add(clientId);
  }

  /** Nothing of the client's is in the log any more. */
  synchronized void forgets(String clientId) {
    stored.remove(clientId);
  }

  /**
   * A connection has ended, and all that it had to write is offered to the log.
   *
   * @param ending null if nothing of it is in the log
   */
  synchronized void ended(String clientId, MqttConnection connection, @Nullable Ending ending) {
    if (connections.remove(clientId, connection) && !clientId.startsWith(GIVEN)) {
      watch.disconnected(clientId);
    }
    if (ending == null) {
      shares.ended(clientId);
      return;
    }
    MqttConnection newcomer = connections.get(clientId);
    Will will = ending.will();
    if (newcomer == null || ending.expirySeconds() == 0) {
      leave(clientId, ending.expirySeconds(), will);
    } else if (will != null && (will.delaySeconds() == 0 || newcomer.startsClean())) {
      fire(clientId, will, new StateChange.ClearWill(clientId));
    }
  }

  private void leave(String clientId, long expirySeconds, @Nullable Will will) {
    if (expirySeconds == 0) {
      end(clientId, will);
      return;
    }
    Will later = will == null || will.delaySeconds() == 0 ? null : will;
    long now = System.nanoTime();
    long ends =
        expirySeconds == NEVER ? Long.MAX_VALUE : now + TimeUnit.SECONDS.toNanos(expirySeconds);
    var gone =
        new Away(
            ends, later, later == null ? 0 : now + TimeUnit.SECONDS.toNanos(later.delaySeconds()));
    away.put(clientId, gone);
    if (will != null && later == null) {
      fire(clientId, will, new StateChange.ClearWill(clientId));
    }
    schedule(clientId, gone);
    if (stored.size() > MOST) {
      var oldest = away.entrySet().iterator().next();
      away.remove(oldest.getKey());
      metrics.dropped("sessions");
      end(oldest.getKey(), oldest.getValue().will);
    }
  }

  private void end(String clientId, @Nullable Will will) {
    stored.remove(clientId);
    shares.ended(clientId);
    if (will == null) {
      store.write(List.of(new StateChange.EndSession(clientId)));
    } else {
      fire(clientId, will, new StateChange.EndSession(clientId));
    }
  }

  private void schedule(String clientId, Away gone) {
    long due = gone.will == null ? gone.endsNanos : Math.min(gone.willNanos, gone.endsNanos);
    if (due != Long.MAX_VALUE) {
      gone.timer =
          timers.schedule(
              () -> due(clientId, gone),
              Math.max(0, due - System.nanoTime()),
              TimeUnit.NANOSECONDS);
    }
  }

  private synchronized void due(String clientId, Away gone) {
    if (away.get(clientId) != gone) {
      return; // its client is back
    }
    long now = System.nanoTime();
    if (gone.endsNanos != Long.MAX_VALUE && gone.endsNanos - now <= 0) {
      away.remove(clientId);
      end(clientId, gone.will);
      return;
    }
    Will will = gone.will;
    if (will != null && gone.willNanos - now <= 0) {
      gone.will = null;
      fire(clientId, will, new StateChange.ClearWill(clientId));
    }
    schedule(clientId, gone);
  }

  /** Publishes a will; the session on disk changes in the same transaction: once, never twice. */
  private void fire(String clientId, Will will, StateChange change) {
    var also = new ArrayList<StateChange>();
    if (MessageAttributes.retain(will.attributes())) {
      also.add(new StateChange.Retain());
    }
    also.add(change);
    Away then = away.get(clientId);
    Runnable again = () -> fireAgain(clientId, will, change, then);
    if (!sink.offer(publish(clientId, will, also, again))) {
      if (change instanceof StateChange.ClearWill && again(will, again, RETRY_MILLIS)) {
        return; // until the log takes the will it stays on disk, for the next start
      }
      // The change cannot wait: the client may be back by then.
      store.write(List.of(change));
      also.removeLast();
      retry(publish(clientId, will, List.copyOf(also), () -> fireAlone(clientId, will)));
    }
  }

  /** After a commit that failed: nothing of it is on disk. */
  private synchronized void fireAgain(
      String clientId, Will will, StateChange change, @Nullable Away then) {
    failedWillBytes -= size(will);
    if (!connections.containsKey(clientId) && Objects.equals(away.get(clientId), then)) {
      fire(clientId, will, change);
    } else {
      publishAlone(clientId, will); // what the client has written since stands in its place
    }
  }

  private synchronized void fireAlone(String clientId, Will will) {
    failedWillBytes -= size(will);
    publishAlone(clientId, will);
  }

  private void publishAlone(String clientId, Will will) {
    List<StateChange> also =
        MessageAttributes.retain(will.attributes()) ? List.of(new StateChange.Retain()) : List.of();
    retry(publish(clientId, will, also, () -> fireAlone(clientId, will)));
  }

  /**
   * @param again called a while after a commit that failed
   */
  private Publish publish(String clientId, Will will, List<StateChange> also, Runnable again) {
    return new Publish(
        will.topic(),
        will.payload(),
        clientId,
        will.attributes(),
        also,
        outcome -> {
          if (!outcome.isTaken()) {
            failed(clientId, will, outcome, again);
          }
        });
  }

  private synchronized void failed(
      String clientId, Will will, Append.Outcome outcome, Runnable again) {
    if (!again(will, again, COMMIT_RETRY_MILLIS)) {
      metrics.refused(
          "will", outcome + ", the will of " + clientId + ": too many wait for the disk already");
    }
  }

  /** Whether there is room for a will to be tried again later. */
  private boolean again(Will will, Runnable step, long millis) {
    if (failedWillBytes + size(will) > MOST_FAILED_WILL_BYTES) {
      return false;
    }
    try {
      timers.schedule(step, millis, TimeUnit.MILLISECONDS);
      failedWillBytes += size(will);
    } catch (RejectedExecutionException _) {
      // The agent stops; a will whose session is kept is tried at the next start.
    }
    return true;
  }

  private static long size(Will will) {
    return 200L + will.topic().length() + will.payload().length;
  }

  private void retry(Publish will) {
    if (!sink.offer(will)) {
      timers.schedule(() -> retry(will), RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
