package io.headwater.edge.sparkplug;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogHold;
import io.headwater.edge.log.LogPosition;
import io.headwater.edge.log.RowWalk;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the edge node has said the log. Sparkplug's data is QoS 0, which nobody acknowledges: a
 * message counts as heard when the broker has answered something that was sent after it; what was
 * said and not heard when the connection is lost is said again. Confined to the node's thread, but
 * for what {@link LogHold} asks.
 */
final class NodeCursor implements LogHold {
  private static final Logger LOGGER = LoggerFactory.getLogger(NodeCursor.class);
  private static final long SAVE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int ROWS = 200;
  private static final int BYTES = 256 << 10;

  /** A message on its way. */
  static final class Flight {
    private final long end;
    private boolean written;

    private Flight(long end) {
      this.end = end;
    }
  }

  private final EdgeLog log;
  private final NodeStore store;
  private final long mostBytes;
  private final RowWalk rows;
  private final Deque<Flight> flights = new ArrayDeque<>();
  private long heardSeq;
  private int unwritten;
  private volatile long savedSeq;
  private long savedNanos;

  /** Finds the position, and keeps the log from there on. */
  NodeCursor(EdgeLog log, NodeStore store, long mostBytes) throws SQLException {
    this.log = log;
    this.store = store;
    this.mostBytes = mostBytes;
    rows = new RowWalk(log, begin(), ROWS, BYTES);
    heardSeq = rows.seq();
    savedSeq = heardSeq;
    store.putPosition(LogPosition.of(log, heardSeq));
    log.hold(this);
  }

  private long begin() throws SQLException {
    Optional<LogPosition> known = store.position();
    if (known.isEmpty()) {
      return store.isLost() ? log.startSeq() : log.endSeq();
    }
    return known.get().isIn(log) ? known.get().seq() : log.startSeq();
  }

  RowWalk rows() {
    return rows;
  }

  /**
   * A message begins its way.
   *
   * @param end rows below it are in messages, or in none
   */
  Flight sent(long end) {
    var flight = new Flight(end);
    flights.add(flight);
    unwritten++;
    return flight;
  }

  void written(Flight flight) {
    if (!flight.written) {
      flight.written = true;
      unwritten--;
    }
  }

  /** Messages that the connection has not taken yet. */
  int unwritten() {
    return unwritten;
  }

  /** The newest message that has not been heard; null if there is none. */
  @Nullable Flight newest() {
    return flights.peekLast();
  }

  /** The broker has this message, and those before it. */
  void heard(Flight upTo) {
    if (flights.contains(upTo)) {
      Flight each;
      do {
        each = flights.removeFirst();
        written(each);
        heardSeq = each.end;
      } while (each != upTo);
    }
  }

  /** The connection is lost: what may not have been heard is said again. */
  void goBack() {
    rows.goTo(heardSeq);
    flights.forEach(each -> each.written = true); // nobody waits for them any more
    flights.clear();
    unwritten = 0;
  }

  /**
   * Writes down what has been heard, if it is time.
   *
   * @param end rows below it are in messages, or in none
   */
  void saveIfDue(long end, long now) {
    if (flights.isEmpty()) {
      heardSeq = end;
    }
    if (heardSeq != savedSeq && now - savedNanos >= SAVE_NANOS) {
      savedNanos = now;
      save();
    }
  }

  void save() {
    try {
      store.putPosition(LogPosition.of(log, heardSeq));
      savedSeq = heardSeq;
    } catch (SQLException e) {
      LOGGER
          .atWarn()
          .addKeyValue("error", e.getMessage())
          .log("The position of the Sparkplug edge node cannot be stored; rows may be said again");
    }
  }

  @Override
  public long neededSeq() {
    return savedSeq;
  }

  @Override
  public long mostBytes() {
    return mostBytes;
  }
}
