package io.headwater.edge.mqtt;

import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StateChange.Outbound;
import io.headwater.edge.log.StoredSession;
import io.headwater.edge.mqtt.Subscriptions.Match;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings the rows that a client is subscribed to into its {@link Outbox}, in the order of the log,
 * from its cursor on. Confined to the connection's event loop.
 *
 * <p>Rows come from what the loop's feed still has, else from the disk. When the window is full it
 * just stops: a slow client costs a cursor. Of a recorded session the cursor goes to disk together
 * with what is under way.
 */
final class RowDelivery implements FeedReader, RowCursor.Reader {
  /** Ticks of a second between writes of a cursor that has only passed rows over. */
  private static final int CURSOR_TICKS = 10;

  private final ChannelHandlerContext ctx;
  private final Client client;
  private final LoopFeed feed;
  private final Subscriptions subscriptions;
  private final Outbox outbox;
  private final @Nullable SessionProgress progress;
  private final RowCursor cursor;
  private final Deque<RetainedReplay> replays = new ArrayDeque<>();

  /** At QoS 0 only rows from here on are sent: what is older was published to nobody. */
  private final long sinceSeq;

  private Runnable pumped = () -> {};
  private boolean placed;
  private boolean restoring;
  private boolean recordAgain;
  private boolean closed;
  private boolean pumping;
  private boolean pumpAgain;
  private int ticks;

  /**
   * @param session the client's, if it goes on with one
   * @param position where the connection begins in the log
   */
  RowDelivery(
      ChannelHandlerContext ctx,
      Client client,
      LoopFeed feed,
      Subscriptions subscriptions,
      Outbox outbox,
      MqttMetrics metrics,
      @Nullable StoredSession session,
      long position) {
    this.ctx = ctx;
    this.client = client;
    this.feed = feed;
    this.subscriptions = subscriptions;
    this.outbox = outbox;
    this.sinceSeq = position;
    long begin = session == null ? position : session.cursor();
    this.cursor = new RowCursor(feed, client.store(), client.tasks(), metrics, this, begin);
    this.progress =
        client.isRecorded()
            ? new SessionProgress(client, begin, session == null ? List.of() : session.outbound())
            : null;
    if (progress != null) {
      outbox.recordBy(progress);
    }
  }

  /** Goes on with what was under way, then with the rows behind. */
  void resume(StoredSession session, long end) {
    boolean hasOwn = subscriptions.hasOwn();
    if (!hasOwn && session.outbound().isEmpty()) {
      return;
    }
    feed.add(this);
    feed.reaches(end);
    feed.reaches(
        client.store().log().committedSeq()); // what came before the feed was asked to keep it
    placed = hasOwn;
    if (session.outbound().isEmpty()) {
      pump();
      return;
    }
    restoring = true;
    client
        .store()
        .rows(
            session.outbound().stream().map(Outbound::seq).toList(),
            client.tasks(),
            rows -> {
              if (!closed) {
                restoring = false;
                outbox.restore(ctx, session.outbound(), rows, subscriptions, client.rights());
                pump();
              }
            });
  }

  /** Before the place of a subscription is asked for: nothing behind it is missed. */
  void expect() {
    feed.add(this);
  }

  /** A subscription takes effect at its place in the log. */
  void subscribed(long position, long end) {
    feed.reaches(end);
    if (!placed) {
      placed = true;
      cursor.skipTo(position);
    }
  }

  /** Retained messages are to follow: of each filter once, however often it is subscribed to. */
  void replay(RetainedReplay replay) {
    replays.removeIf(each -> each != replays.peekFirst() && each.filter().equals(replay.filter()));
    replays.add(replay);
  }

  /** The last filter is gone. */
  void unsubscribed() {
    placed = false;
    cursor.clear();
  }

  /** Told whenever there may be more room than before, or less. */
  void onPumped(Runnable listener) {
    pumped = listener;
  }

  @Override
  public Map<String, Subscription> filters() {
    return subscriptions.all();
  }

  @Override
  public boolean passes(long firstSeq, long nextSeq) {
    boolean standsThere =
        placed && !closed && !restoring && replays.isEmpty() && cursor.isRightBefore(firstSeq);
    if (standsThere) {
      cursor.skipTo(nextSeq);
    }
    return standsThere;
  }

  /** Brings on what there is room for. */
  @Override
  public void pump() {
    if (pumping) {
      pumpAgain = true; // writing has changed whether the channel takes more
      return;
    }
    pumping = true;
    try {
      do {
        pumpAgain = false;
        pumpOnce();
      } while (pumpAgain);
    } finally {
      pumping = false;
    }
    if (!closed) {
      pumped.run();
    }
  }

  private void pumpOnce() {
    if (closed || restoring) {
      return;
    }
    while (!replays.isEmpty() && replays.getFirst().advance(ctx, client, outbox, this::pump)) {
      replays.removeFirst();
    }
    if (replays.isEmpty() && placed) {
      cursor.advance();
    }
    send();
  }

  @Override
  public boolean wants(String topic, String publisher, long seq) {
    return subscriptions.match(topic, publisher, seq) != null;
  }

  @Override
  public boolean isClosed() {
    return closed || !placed;
  }

  @Override
  public boolean take(LogRow row) {
    Match match = subscriptions.match(row.mqttTopic(), row.mqttClient(), row.seq());
    if (match == null) {
      return true;
    }
    int qos = Math.min(match.qos(), MessageAttributes.qos(row.attributes()));
    if (qos == 0 ? row.seq() < sinceSeq : !outbox.hasRoom(ctx)) {
      return qos == 0;
    }
    boolean retained = match.retainAsPublished() && MessageAttributes.retain(row.attributes());
    outbox.add(ctx, Outgoing.of(row, qos, retained, match.identifiers()));
    return true;
  }

  /** Sends what may be sent; what must be on disk before is written. */
  private void send() {
    if (outbox.send(ctx)) {
      record();
    }
  }

  /** Writes down what is under way, now or behind what is being written. */
  private void record() {
    if (progress == null || !progress.isDirty()) {
      return;
    }
    if (progress.isWriting()) {
      recordAgain = true;
    } else {
      write(progress);
    }
  }

  private void write(SessionProgress recorder) {
    recordAgain = false;
    recorder.write(
        cursor.position(),
        outbound -> {
          if (closed) {
            return;
          }
          outbox.recorded(ctx, outbound);
          if (recordAgain) {
            record();
          }
          pump();
        },
        () -> {}); // the next tick tries again
  }

  /** A PUBACK. What it makes room for goes with the next {@link #pump}. */
  void acknowledged(int packetId, int code) {
    outbox.acknowledged(packetId, code);
  }

  /** A PUBREC. */
  void received(int packetId, int code) {
    if (outbox.received(ctx, packetId, code)) {
      record();
    }
  }

  /** A PUBCOMP. */
  void completed(int packetId) {
    outbox.completed(packetId);
  }

  /** Each second. */
  @Override
  public void tick() {
    if (progress != null && !progress.isWriting()) {
      ticks++;
      boolean moved = cursor.position() != progress.cursorOnDisk() && ticks % CURSOR_TICKS == 0;
      if (progress.isDirty() || progress.isBehind() || moved) {
        write(progress);
      }
    }
    if (!outbox.hasRoom(ctx)) {
      cursor.clear(); // a client that has stopped costs no memory
    }
    pump();
  }

  /** The connection has ended. What is still to be written of it is returned. */
  List<StateChange> close() {
    closed = true;
    feed.remove(this);
    cursor.clear();
    replays.clear();
    return progress == null ? List.of() : progress.rest(cursor.position());
  }
}
