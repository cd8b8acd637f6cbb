package io.headwater.edge.mqtt;

import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.StoredShare;
import io.headwater.edge.mqtt.LocalDelivery.Handed;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A shared subscription: a cursor over the log whose rows are dealt, one after the other, to
 * members that have room in their windows. Confined to the loop that owns it.
 *
 * <p>What a member has not finished when its connection ends goes to another one; a QoS 2 message
 * that it may have seen stays with its session. Of a group that a recorded session has, a QoS 2 row
 * is handed to its member once the dealing is on disk; the member's session takes it over in the
 * transaction that records it. So it is always either the group's or one member's.
 *
 * <p>While no member is connected the group waits.
 */
final class SharedGroup implements FeedReader, RowCursor.Reader {
  private static final int CACHED_TOPICS = 1000;

  /** A row for a member, on its way there. */
  private record Dealt(SharedMember member, LogRow row, Outgoing message) {}

  private final String filter;
  private final String inner;
  private final LoopFeed feed;
  private final SessionStore store;
  private final MqttMetrics metrics;
  private final LoopTasks tasks;
  private final RowCursor cursor;
  private final SharedState state;
  private final List<SharedMember> members = new ArrayList<>();
  private final TreeMap<Long, LogRow> returned = new TreeMap<>();
  private final Map<String, Boolean> fitting = new HashMap<>(); // by topic
  private List<Long> unread;
  private List<Dealt> batch = new ArrayList<>();
  private volatile boolean recorded;
  private int turn;
  private boolean holding;
  private boolean restoring;
  private boolean waitsForTick;
  private boolean closed;

  /**
   * @param stored the group as it is on disk, or as it begins
   * @param recorded whether it is on disk
   */
  SharedGroup(
      StoredShare stored,
      boolean recorded,
      EventExecutor loop,
      LoopFeed feed,
      SessionStore store,
      MqttMetrics metrics) {
    this.filter = stored.filter();
    this.inner = SharedFilter.inner(filter);
    this.recorded = recorded;
    this.feed = feed;
    this.store = store;
    this.metrics = metrics;
    this.unread = stored.open();
    this.tasks = new LoopTasks(loop, this::pump);
    this.cursor = new RowCursor(feed, store, tasks, metrics, this, stored.next());
    this.state = new SharedState(filter, store, tasks, stored.open(), stored.next());
  }

  String filter() {
    return filter;
  }

  // Called by any thread; all of it happens on the loop.

  void join(SharedMember member) {
    tasks.add(() -> {
      if (closed) {
        return;
      }
      members.add(member);
      feed.add(this); // then the end is asked for: what is committed behind that is brought
      feed.reaches(store.log().committedSeq());
      readUnread();
    });
  }

  void leave(SharedMember member) {
    tasks.add(() -> {
      members.remove(member);
      if (members.isEmpty()) {
        cursor.clear();
      }
    });
  }

  /** Goes on if there is room where there was none. */
  void poke() {
    tasks.add(() -> {});
  }

  /** Whether a session on disk has it. */
  void recorded(boolean now) {
    tasks.add(() -> {
      if (now && !recorded) {
        state.recordAll();
      }
      recorded = now;
    });
  }

  /** No session has it any more. */
  void end() {
    tasks.add(() -> {
      closed = true;
      feed.remove(this);
      returned.clear();
      cursor.clear();
    });
  }

  /** What became of a row. */
  void told(SharedMember member, LogRow row, int qos, Handed outcome) {
    tasks.add(() -> {
      member.over(row);
      if (qos == 0) {
        return;
      }
      if (SharedMember.isOver(qos, outcome)) {
        state.finished(row.seq());
      } else {
        giveBack(row);
      }
    });
  }

  private void giveBack(LogRow row) {
    if (!closed) {
      state.opened(row.seq());
      returned.put(row.seq(), row);
      feed.add(this); // until it is on disk
    }
  }

  /** Rows that were dealt before the agent's start. */
  private void readUnread() {
    if (unread.isEmpty()) {
      return;
    }
    List<Long> wanted = unread;
    unread = List.of();
    restoring = true;
    store.rows(
        wanted,
        tasks,
        rows -> {
          restoring = false;
          rows.forEach(row -> returned.put(row.seq(), row));
          for (long seq : wanted) {
            if (!returned.containsKey(seq)) {
              metrics.dropped("not-kept");
              state.finished(seq);
            }
          }
        });
  }

  @Override
  public void pump() {
    if (isClosed() || holding || restoring || waitsForTick) {
      return;
    }
    while (!returned.isEmpty() && take(returned.firstEntry().getValue())) {
      returned.pollFirstEntry();
    }
    if (returned.isEmpty()) {
      cursor.advance();
    }
    if (batch.isEmpty()) {
      return;
    }
    boolean waits = false;
    for (Dealt each : batch) {
      int qos = each.message().qos();
      if (qos == 1 || (qos == 2 && recorded && each.member().client().isRecorded())) {
        state.opened(each.row().seq());
      } else {
        state.finished(each.row().seq()); // of QoS 2: with its session it would end in any case
      }
      waits |= qos == 2 && recorded;
    }
    if (!waits) {
      hand();
    } else {
      holding = true;
      if (!state.isWriting()) {
        writeHeld();
      }
    }
  }

  private void writeHeld() {
    state.write(
        cursor.position(),
        () -> {
          holding = false;
          hand();
        },
        () -> {
          holding = false;
          waitsForTick = true;
          for (Dealt each : batch) {
            each.member().over(each.row());
            giveBack(each.row());
          }
          batch = new ArrayList<>();
        });
  }

  private void hand() {
    var byMember = new LinkedHashMap<SharedMember, List<Outgoing>>();
    for (Dealt each : batch) {
      if (each.message().qos() == 2) {
        state.handedOver(each.row().seq());
      }
      byMember.computeIfAbsent(each.member(), _ -> new ArrayList<>()).add(each.message());
    }
    batch = new ArrayList<>();
    byMember.forEach(SharedMember::hand);
  }

  @Override
  public boolean wants(String topic, String publisher, long seq) {
    if (fitting.size() >= CACHED_TOPICS) {
      fitting.clear();
    }
    return fitting.computeIfAbsent(topic, each -> Subscriptions.matches(inner, each));
  }

  /** Deals a row; false if those who may have it have no room. */
  @Override
  public boolean take(LogRow row) {
    int rowQos = MessageAttributes.qos(row.attributes());
    boolean wanted = false;
    for (int i = 0; i < members.size(); i++) {
      SharedMember member = members.get((turn + i) % members.size());
      if (member.mayReceive(row.mqttTopic()) && (rowQos > 0 || member.isThereSince(row.seq()))) {
        wanted = true;
        if (member.hasRoom()) {
          turn = (turn + i + 1) % members.size();
          batch.add(new Dealt(member, row, member.dealt(row, member.qos(row))));
          return true;
        }
      }
    }
    if (wanted && rowQos > 0) {
      return false;
    }
    if (wanted) {
      metrics.dropped("slow-subscriber");
    } else if (returned.containsKey(row.seq())) {
      state.finished(row.seq());
    }
    return true;
  }

  @Override
  public boolean isClosed() {
    return closed || members.isEmpty();
  }

  @Override
  public void tick() {
    waitsForTick = false;
    if (!recorded) {
      state.forget();
    } else if (!state.isWriting() && !holding && state.isDirty(cursor.position())) {
      state.write(
          cursor.position(),
          () -> {
            if (holding) {
              writeHeld();
            }
          },
          () -> {
            if (holding) {
              writeHeld();
            }
          });
    }
    if (members.isEmpty() && !state.isWriting()) {
      feed.remove(this); // all is on disk
    }
    pump();
  }
}
