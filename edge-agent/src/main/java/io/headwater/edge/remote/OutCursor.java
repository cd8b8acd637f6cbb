package io.headwater.edge.remote;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogHold;
import io.headwater.edge.log.LogPosition;
import io.headwater.edge.log.LogRow;
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
 * How far one broker has got the log. Reads ahead of what is acknowledged, and goes back to it when
 * the connection is lost. Confined to the broker's thread, but for what {@link LogHold} asks.
 */
final class OutCursor implements LogHold {
  private static final Logger LOGGER = LoggerFactory.getLogger(OutCursor.class);
  private static final long SAVE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int ROWS = 200;
  private static final int BYTES = 256 << 10;

  /** A row that is on its way. */
  static final class Flight {
    private final long seq;
    private final long sentNanos;
    private boolean done;

    private Flight(long seq, long sentNanos) {
      this.seq = seq;
      this.sentNanos = sentNanos;
    }

    long sentNanos() {
      return sentNanos;
    }
  }

  private final EdgeLog log;
  private final RemoteStore store;
  private final String remote;
  private final long mostBytes;
  private final RowWalk rows;
  private final Deque<Flight> flights = new ArrayDeque<>();
  private volatile long savedSeq;
  private long savedNanos = System.nanoTime();
  private volatile long doneSeq;

  /** Finds the position, and keeps the log from there on. */
  OutCursor(EdgeLog log, RemoteStore store, RemoteSettings settings) throws SQLException {
    this.log = log;
    this.store = store;
    this.remote = settings.name();
    this.mostBytes = settings.backlogBytes();
    rows = new RowWalk(log, begin(), ROWS, BYTES);
    savedSeq = rows.seq();
    doneSeq = savedSeq;
    store.putPosition(remote, LogPosition.of(log, savedSeq));
    store.sync();
    log.hold(this);
  }

  private long begin() throws SQLException {
    Optional<LogPosition> known = store.position(remote);
    if (known.isEmpty()) {
      return store.isLost() ? log.startSeq() : log.endSeq();
    }
    if (known.get().isIn(log)) {
      return known.get().seq();
    }
    LOGGER
        .atWarn()
        .addKeyValue("remote", remote)
        .addKeyValue("position", known.get().seq())
        .log("The position of a remote belongs to another log; it gets this one from its start");
    return log.startSeq();
  }

  RowWalk rows() {
    return rows;
  }

  Flight sent(LogRow row, long nanos) {
    var flight = new Flight(row.seq(), nanos);
    flights.add(flight);
    return flight;
  }

  void done(Flight flight) {
    flight.done = true;
    while (!flights.isEmpty() && flights.getFirst().done) {
      flights.removeFirst();
    }
  }

  int flying() {
    return flights.size();
  }

  @Nullable Flight oldest() {
    return flights.peek();
  }

  /** The connection is lost: what was not acknowledged goes again. */
  void goBack() {
    rows.goTo(position());
    flights.clear();
  }

  /** The first row that is not done with. */
  private long position() {
    Flight oldest = flights.peek();
    return oldest == null ? rows.seq() : oldest.seq;
  }

  /** Writes the position down if it is time. */
  void saveIfDue(long now) {
    doneSeq = position();
    if (doneSeq != savedSeq && now - savedNanos >= SAVE_NANOS) {
      save();
    }
  }

  void save() {
    long position = position();
    doneSeq = position;
    savedNanos = System.nanoTime();
    try {
      store.putPosition(remote, LogPosition.of(log, position));
      savedSeq = position;
    } catch (SQLException e) {
      LOGGER
          .atWarn()
          .addKeyValue("remote", remote)
          .addKeyValue("error", e.getMessage())
          .log("The position of a remote cannot be stored; messages may go out once more");
    }
  }

  /** Rows behind the end of the log. */
  long behind() {
    return Math.max(0, log.endSeq() - doneSeq);
  }

  @Override
  public long neededSeq() {
    return savedSeq; // what a restart would begin with
  }

  @Override
  public long mostBytes() {
    return mostBytes;
  }
}
