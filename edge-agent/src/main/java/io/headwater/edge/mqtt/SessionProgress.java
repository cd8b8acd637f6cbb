package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StateChange.Outbound;
import io.headwater.edge.log.StateChange.Progress;
import io.headwater.edge.log.StateChange.TakeShared;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber's session on disk does not have yet: its cursor and what is under way. Each
 * write has all of it at one moment, so that the session on disk is always whole. Confined to the
 * event loop.
 */
final class SessionProgress {
  private final Client client;
  private final Set<Integer> onDisk = new HashSet<>();
  private Map<Integer, Outbound> put = new LinkedHashMap<>();
  private Set<Integer> finished = new HashSet<>();
  private final Map<Integer, TakeShared> taken = new HashMap<>(); // with those in put
  private @Nullable Progress writing;
  private long cursorOnDisk;
  private boolean acknowledged;

  /**
   * @param cursor as it is on disk
   * @param outbound as it is on disk
   */
  SessionProgress(Client client, long cursor, List<Outbound> outbound) {
    this.client = client;
    this.cursorOnDisk = cursor;
    outbound.forEach(each -> onDisk.add(each.packetId()));
  }

  /**
   * A message is under way, or in another state than before.
   *
   * @param share filter of the shared subscription whose it was till now; null for none
   */
  void put(Outbound outbound, @Nullable String share) {
    put.put(outbound.packetId(), outbound);
    if (share != null) {
      taken.put(outbound.packetId(), new TakeShared(share, outbound.seq()));
    }
  }

  /** A message is not under way any more. */
  void finished(int packetId) {
    put.remove(packetId);
    if (onDisk.contains(packetId) || isBeingPut(packetId)) {
      finished.add(packetId);
    } else {
      acknowledged = true;
    }
  }

  private boolean isBeingPut(int packetId) {
    return writing != null && writing.put().stream().anyMatch(each -> each.packetId() == packetId);
  }

  /** Whether the disk may still know a packet identifier for an earlier message. */
  boolean isBusy(int packetId) {
    return onDisk.contains(packetId) || isBeingPut(packetId);
  }

  boolean isWriting() {
    return writing != null;
  }

  boolean isDirty() {
    return !put.isEmpty() || !finished.isEmpty();
  }

  /** Whether the client has something that the disk believes it has not: a kill would repeat it. */
  boolean isBehind() {
    return acknowledged;
  }

  long cursorOnDisk() {
    return cursorOnDisk;
  }

  /** What is to be written now; the caller sees to it, and tells {@link #written}. */
  Progress take(long cursor) {
    var progress =
        new Progress(client.id(), cursor, List.copyOf(put.values()), List.copyOf(finished));
    put = new LinkedHashMap<>();
    finished = new HashSet<>();
    acknowledged = false;
    return progress;
  }

  /**
   * Writes it all; not while that is going on.
   *
   * @param committed told what is on disk now
   * @param failed run if nothing of it is
   */
  void write(long cursor, Consumer<List<Outbound>> committed, Runnable failed) {
    Progress progress = take(cursor);
    writing = progress;
    client
        .store()
        .write(
            withTaken(progress),
            null,
            client.tasks(),
            result -> {
              writing = null;
              written(progress, result.outcome());
              if (result.outcome() == Append.Outcome.COMMITTED) {
                committed.accept(progress.put());
              } else {
                failed.run();
              }
            });
  }

  /** With what goes over from shared subscriptions, in the same transaction. */
  private List<StateChange> withTaken(Progress progress) {
    var changes = new ArrayList<StateChange>();
    changes.add(progress);
    for (Outbound each : progress.put()) {
      TakeShared share = taken.get(each.packetId());
      if (share != null) {
        changes.add(share);
      }
    }
    return changes;
  }

  private void written(Progress progress, Append.Outcome outcome) {
    if (outcome == Append.Outcome.COMMITTED) {
      cursorOnDisk = progress.cursor();
      progress.put().forEach(each -> taken.remove(each.packetId()));
      progress.put().forEach(each -> onDisk.add(each.packetId()));
      onDisk.removeAll(Set.copyOf(progress.finished()));
      return;
    }
    acknowledged = true;
    // It is still to be written, but for what has changed meanwhile.
    for (Outbound each : progress.put()) {
      if (!finished.contains(each.packetId())) {
        put.putIfAbsent(each.packetId(), each);
      } else if (!onDisk.contains(each.packetId())) {
        finished.remove(each.packetId());
      }
    }
    finished.addAll(progress.finished());
  }

  /** The last of it, for the end of the connection; with what is being written once more. */
  List<StateChange> rest(long cursor) {
    var changes = new ArrayList<StateChange>();
    if (writing != null) {
      changes.addAll(withTaken(writing)); // should it fail
    }
    if (writing != null || isDirty() || cursor != cursorOnDisk) {
      changes.addAll(withTaken(take(cursor)));
    }
    return changes;
  }
}
