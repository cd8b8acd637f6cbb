package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import io.headwater.edge.log.StateChange.ClearWill;
import io.headwater.edge.log.StateChange.CloseInbound;
import io.headwater.edge.log.StateChange.EndSession;
import io.headwater.edge.log.StateChange.LeaveSession;
import io.headwater.edge.log.StateChange.OpenInbound;
import io.headwater.edge.log.StateChange.OpenSession;
import io.headwater.edge.log.StateChange.Outbound;
import io.headwater.edge.log.StateChange.OutboundState;
import io.headwater.edge.log.StateChange.Progress;
import io.headwater.edge.log.StateChange.PutFilter;
import io.headwater.edge.log.StateChange.RemoveFilter;
import io.headwater.uplink.ClockQuality;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What MQTT keeps beside the rows, in the file that is written to. Confined to the writer's thread;
 * whoever calls commits.
 *
 * <pre>
 * session(client, expiry, connected, since, cursor, will, capture)   since, capture: of its leaving
 * filter(client, filter, options, identifier, since)   since: the seq from which on it counts
 * inbound(client, id)                      open packet identifiers of QoS 2 publishes
 * outbound(client, id, seq, state)         what is under way to subscribers
 * retained(topic, seq, ts, client, attributes, value, capture)
 * message_id                               see {@link MessageIds}
 * shared(filter, next), sharedopen(filter, seq)         see {@link StoredShare}
 * </pre>
 *
 * <p>A capture is a {@link Capture}; null in what older agents wrote.
 */
final class StateTables implements AutoCloseable {
  private static final String[] SCHEMA = {
    "CREATE TABLE IF NOT EXISTS session(client TEXT PRIMARY KEY, expiry INTEGER NOT NULL,"
        + " connected INTEGER NOT NULL, since INTEGER NOT NULL, cursor INTEGER NOT NULL,"
        + " will BLOB, capture BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS filter(client TEXT NOT NULL, filter TEXT NOT NULL,"
        + " options INTEGER NOT NULL, identifier INTEGER NOT NULL, since INTEGER NOT NULL,"
        + " PRIMARY KEY(client, filter)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS inbound(client TEXT NOT NULL, id INTEGER NOT NULL,"
        + " PRIMARY KEY(client, id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outbound(client TEXT NOT NULL, id INTEGER NOT NULL,"
        + " seq INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY(client, id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS retained(topic TEXT PRIMARY KEY, seq INTEGER NOT NULL,"
        + " ts INTEGER NOT NULL, client TEXT NOT NULL, attributes BLOB, value BLOB NOT NULL,"
        + " capture BLOB)",
    SharedTables.SHARED,
    SharedTables.OPEN,
    MessageIds.SCHEMA
  };
  private static final Map<String, Integer> COLUMNS =
      Map.of(
          "session",
          7,
          "filter",
          5,
          "inbound",
          2,
          "outbound",
          4,
          "retained",
          7,
          "shared",
          2,
          "sharedopen",
          2,
          "message_id",
          5);
  private static final int COPIED_AT_ONCE = 500;

  private final Connection connection;
  private final SharedTables shared = new SharedTables(this);
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  StateTables(Connection connection) {
    this.connection = connection;
  }

  /** Makes the tables where they are missing. */
  static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : SCHEMA) {
        statement.executeUpdate(table);
      }
    }
  }

  /** Gives the tables of an older agent the columns that they lack. */
  static void addCaptures(Connection connection) throws SQLException {
    for (String table : List.of("session", "retained")) {
      try (Statement statement = connection.createStatement()) {
        boolean there;
        try (ResultSet columns =
            statement.executeQuery(
                "SELECT count(*) FROM pragma_table_info('" + table + "') WHERE name = 'capture'")) {
          there = columns.next() && columns.getInt(1) > 0;
        }
        if (!there) {
          statement.executeUpdate("ALTER TABLE " + table + " ADD COLUMN capture BLOB");
        }
      }
    }
  }

  /** Of what an older agent wrote only the time is known, and nobody vouches for it. */
  static Capture capture(byte @Nullable [] bytes, long millis) {
    return bytes == null ? Capture.ofWall(millis, ClockQuality.UNSYNCED) : Capture.decode(bytes);
  }

  /** Puts all of it into another file, which has none. */
  void copyTo(StateTables other) throws SQLException {
    for (var table : COLUMNS.entrySet()) {
      String places = "?, ".repeat(table.getValue() - 1) + "?";
      PreparedStatement put =
          other.prepared("INSERT INTO " + table.getKey() + " VALUES (" + places + ")");
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT * FROM " + table.getKey())) {
        int waiting = 0;
        while (rows.next()) {
          for (int i = 1; i <= table.getValue(); i++) {
            put.setObject(i, rows.getObject(i));
          }
          put.addBatch();
          if (++waiting == COPIED_AT_ONCE) {
            put.executeBatch();
            waiting = 0;
          }
        }
        if (waiting > 0) {
          put.executeBatch();
        }
      }
    }
  }

  /**
   * Makes a change that does not belong to a row.
   *
   * @param nextSeq the place in the log
   */
  void apply(StateChange change, long nextSeq) throws SQLException {
    switch (change) {
      case OpenSession open -> open(open, nextSeq);
      case LeaveSession leave ->
          update(
              "UPDATE session SET connected = 0, expiry = ?, since = ?, capture = ?,"
                  + " will = CASE WHEN ? THEN will END WHERE client = ?",
              leave.expirySeconds(),
              leave.at().wallMs(),
              leave.at().encode(),
              leave.keepWill() ? 1 : 0,
              leave.client());
      case ClearWill clear ->
          update("UPDATE session SET will = NULL WHERE client = ?", clear.client());
      case EndSession end -> end(end.client());
      case PutFilter put -> {
        update(
            "INSERT INTO filter VALUES (?, ?, ?, ?, ?) ON CONFLICT(client, filter) DO UPDATE"
                + " SET options = excluded.options, identifier = excluded.identifier",
            put.client(),
            put.filter(),
            put.options(),
            put.identifier(),
            nextSeq);
        shared.put(put.filter(), nextSeq);
      }
      case RemoveFilter remove -> {
        update(
            "DELETE FROM filter WHERE client = ? AND filter = ?", remove.client(), remove.filter());
        if (remove.filter().startsWith(SharedTables.PREFIX)) {
          shared.removeUnused();
        }
      }
      case OpenInbound open ->
          update("INSERT OR REPLACE INTO inbound VALUES (?, ?)", open.client(), open.packetId());
      case CloseInbound close ->
          update(
              "DELETE FROM inbound WHERE client = ? AND id = ?", close.client(), close.packetId());
      case Progress progress -> move(progress);
      case StateChange.SharedProgress progress -> shared.move(progress);
      case StateChange.TakeShared taken -> shared.take(taken);
      case StateChange.Mark _ -> {
        // The group that carries it counts itself in the file.
      }
      case StateChange.Retain _, StateChange.RememberId _ ->
          throw new IllegalArgumentException(change + " belongs to a row");
    }
  }

  private void open(OpenSession open, long nextSeq) throws SQLException {
    PreparedStatement put =
        prepared(
            "INSERT INTO session VALUES (?, ?, 1, 0, ?, ?, NULL) ON CONFLICT(client) DO UPDATE"
                + " SET expiry = excluded.expiry, connected = 1, will = excluded.will");
    put.setString(1, open.client());
    put.setLong(2, open.expirySeconds());
    put.setLong(3, nextSeq);
    put.setBytes(4, open.will());
    put.executeUpdate();
  }

  private void end(String client) throws SQLException {
    boolean shares = shared.has(client);
    for (String table : List.of("session", "filter", "inbound", "outbound")) {
      update("DELETE FROM " + table + " WHERE client = ?", client);
    }
    if (shares) {
      shared.removeUnused();
    }
  }

  private void move(Progress progress) throws SQLException {
    for (int id : progress.finished()) {
      update("DELETE FROM outbound WHERE client = ? AND id = ?", progress.client(), id);
    }
    for (Outbound each : progress.put()) {
      update(
          "INSERT OR REPLACE INTO outbound VALUES (?, ?, ?, ?)",
          progress.client(),
          each.packetId(),
          each.seq(),
          each.state().ordinal());
    }
    update("UPDATE session SET cursor = ? WHERE client = ?", progress.cursor(), progress.client());
  }

  /** What the retained messages take. */
  record RetainedSize(long topics, long bytes) {}

  RetainedSize retainedSize() throws SQLException {
    try (ResultSet rows =
        prepared("SELECT count(*), coalesce(sum(length(topic) + length(value)), 0) FROM retained")
            .executeQuery()) {
      rows.next();
      return new RetainedSize(rows.getLong(1), rows.getLong(2));
    }
  }

  /** The bytes that a topic's retained message takes; -1 if there is none. */
  long retainedBytes(String topic) throws SQLException {
    PreparedStatement select =
        prepared("SELECT length(topic) + length(value) FROM retained WHERE topic = ?");
    select.setString(1, topic);
    try (ResultSet rows = select.executeQuery()) {
      return rows.next() ? rows.getLong(1) : -1;
    }
  }

  void retain(long seq, Append row) throws SQLException {
    PreparedStatement put =
        prepared("INSERT OR REPLACE INTO retained VALUES (?, ?, ?, ?, ?, ?, ?)");
    put.setString(1, row.mqttTopic());
    put.setLong(2, seq);
    put.setLong(3, row.capture().wallMs());
    put.setString(4, row.mqttClient());
    put.setBytes(5, row.attributes());
    put.setBytes(6, row.value());
    put.setBytes(7, row.capture().encode());
    put.executeUpdate();
  }

  void forget(String topic) throws SQLException {
    update("DELETE FROM retained WHERE topic = ?", topic);
  }

  /** A client's session, with all that belongs to it. */
  Optional<StoredSession> load(String client) throws SQLException {
    List<StoredSession> found = sessions("SELECT * FROM session WHERE client = ?", client);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    StoredSession head = found.getFirst();
    return Optional.of(
        new StoredSession(
            head.client(),
            head.expirySeconds(),
            head.connected(),
            head.left(),
            head.cursor(),
            head.will(),
            filters(client),
            inbound(client),
            outbound(client)));
  }

  /** All sessions, without what belongs to them. */
  List<StoredSession> heads() throws SQLException {
    return sessions("SELECT * FROM session ORDER BY since", null);
  }

  private List<StoredSession> sessions(String sql, @Nullable String client) throws SQLException {
    PreparedStatement select = prepared(sql);
    if (client != null) {
      select.setString(1, client);
    }
    var found = new ArrayList<StoredSession>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        found.add(
            new StoredSession(
                rows.getString(1),
                rows.getLong(2),
                rows.getInt(3) != 0,
                capture(rows.getBytes(7), rows.getLong(4)),
                rows.getLong(5),
                rows.getBytes(6),
                List.of(),
                List.of(),
                List.of()));
      }
    }
    return found;
  }

  private List<StoredSession.Filter> filters(String client) throws SQLException {
    PreparedStatement select =
        prepared("SELECT filter, options, identifier, since FROM filter WHERE client = ?");
    select.setString(1, client);
    var found = new ArrayList<StoredSession.Filter>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        found.add(
            new StoredSession.Filter(
                rows.getString(1), rows.getInt(2), rows.getInt(3), rows.getLong(4)));
      }
    }
    return found;
  }

  private List<Integer> inbound(String client) throws SQLException {
    PreparedStatement select = prepared("SELECT id FROM inbound WHERE client = ?");
    select.setString(1, client);
    var found = new ArrayList<Integer>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        found.add(rows.getInt(1));
      }
    }
    return found;
  }

  private List<Outbound> outbound(String client) throws SQLException {
    PreparedStatement select =
        prepared("SELECT id, seq, state FROM outbound WHERE client = ? ORDER BY seq");
    select.setString(1, client);
    OutboundState[] states = OutboundState.values();
    var found = new ArrayList<Outbound>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        int state = rows.getInt(3);
        if (state < 0 || state >= states.length) {
          throw DamagedFile.found("state " + state + " of a message under way");
        }
        found.add(new Outbound(rows.getInt(1), rows.getLong(2), states[state]));
      }
    }
    return found;
  }

  List<StoredShare> shares() throws SQLException {
    return shared.load();
  }

  /** The lowest seq that a session needs; {@code none} if none needs any. */
  long lowestNeeded(long none) throws SQLException {
    long lowest = none;
    for (String sql :
        List.of(
            "SELECT min(cursor) FROM session WHERE client IN"
                + " (SELECT client FROM filter WHERE filter NOT LIKE '$share/%')",
            "SELECT min(seq) FROM outbound",
            "SELECT min(next) FROM shared",
            "SELECT min(seq) FROM sharedopen")) {
      try (ResultSet rows = prepared(sql).executeQuery()) {
        if (rows.next() && rows.getObject(1) != null) {
          lowest = Math.min(lowest, rows.getLong(1));
        }
      }
    }
    return lowest;
  }

  void update(String sql, Object... values) throws SQLException {
    PreparedStatement statement = prepared(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    statement.executeUpdate();
  }

  PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    return statement;
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : statements.values()) {
      statement.close();
    }
    statements.clear();
  }
}
