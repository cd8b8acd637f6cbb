package io.headwater.edge.mqtt;

import io.headwater.edge.log.StoredShare;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The shared subscriptions, and which sessions have them: each is there as long as one has.
 * Thread-safe.
 */
final class SharedGroups {
  private static final class Entry {
    private final SharedGroup group;
    private final Set<String> sessions = new HashSet<>();
    private final Set<String> recorded = new HashSet<>();

    Entry(SharedGroup group) {
      this.group = group;
    }
  }

  private final SessionStore store;
  private final Feeds feeds;
  private final MqttMetrics metrics;
  private final List<EventExecutor> loops = new ArrayList<>();
  private final Map<String, Entry> entries = new HashMap<>(); // guarded by this

  SharedGroups(SessionStore store, Feeds feeds, EventExecutorGroup loops, MqttMetrics metrics) {
    this.store = store;
    this.feeds = feeds;
    this.metrics = metrics;
    loops.forEach(this.loops::add);
  }

  /** Goes on with what the log has. */
  synchronized void restore(List<StoredShare> shares) {
    for (StoredShare each : shares) {
      var entry = new Entry(group(each, true));
      entry.sessions.addAll(each.clients());
      entry.recorded.addAll(each.clients());
      entries.put(each.filter(), entry);
    }
  }

  private SharedGroup group(StoredShare stored, boolean recorded) {
    EventExecutor loop = loops.get(Math.floorMod(stored.filter().hashCode(), loops.size()));
    return new SharedGroup(stored, recorded, loop, feeds.of(loop), store, metrics);
  }

  /**
   * A connection takes part.
   *
   * @param position the place in the log from which it does; a new group begins there
   */
  synchronized SharedMember join(
      String filter,
      Client client,
      SharedSubscriptions connection,
      Subscription subscription,
      long position) {
    Entry entry =
        entries.computeIfAbsent(
            filter,
            _ -> new Entry(group(new StoredShare(filter, position, List.of(), List.of()), false)));
    entry.sessions.add(client.id());
    if (client.isRecorded() && entry.recorded.add(client.id()) && entry.recorded.size() == 1) {
      entry.group.recorded(true);
    }
    var member = new SharedMember(entry.group, connection, client, subscription, position);
    entry.group.join(member);
    return member;
  }

  /**
   * Whether a filter is there, or there is room for it. Those of sessions that are away count, as
   * they are kept in memory.
   */
  synchronized boolean hasRoom(String filter, int most) {
    return entries.containsKey(filter) || entries.size() < most;
  }

  synchronized int size() {
    return entries.size();
  }

  /** A session has the filter no more. */
  synchronized void leave(String filter, String clientId) {
    Entry entry = entries.get(filter);
    if (entry != null) {
      remove(filter, entry, clientId);
    }
  }

  /** A session is over. */
  synchronized void ended(String clientId) {
    List.copyOf(entries.entrySet()).stream()
        .filter(each -> each.getValue().sessions.contains(clientId))
        .forEach(each -> remove(each.getKey(), each.getValue(), clientId));
  }

  private void remove(String filter, Entry entry, String clientId) {
    entry.sessions.remove(clientId);
    if (entry.recorded.remove(clientId) && entry.recorded.isEmpty()) {
      entry.group.recorded(false);
    }
    if (entry.sessions.isEmpty()) {
      entries.remove(filter);
      entry.group.end();
    }
  }
}
