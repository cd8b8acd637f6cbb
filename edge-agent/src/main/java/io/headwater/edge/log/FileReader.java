package io.headwater.edge.log;

import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Reads one file, in short statements that do not hold up its writer. Not thread-safe.
 *
 * <p>There is no index over offsets: within a partition they rise with {@code seq}, so a point
 * every {@link #STRIDE} rows, remembered while reading, says where to begin.
 */
final class FileReader implements AutoCloseable {
  /** Rows of one statement. */
  static final int SHORT = 500;

  private static final int STRIDE = 1000;
  private static final int MOST_PRINTED_BYTES = 1 << 20;

  private final Path path;
  private final Connection connection;
  private final long baseSeq;
  private final Map<StreamPartition, NavigableMap<Long, Long>> points = new HashMap<>();
  private Map<StreamPartition, Integer> ids = Map.of();
  private Map<StreamPartition, Long> knownBases = Map.of();
  private boolean complete;
  private final String attributes;

  FileReader(Path path) throws SQLException {
    this.path = path;
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(5000);
    connection = DriverManager.getConnection("jdbc:sqlite:" + path, config.toProperties());
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT value FROM meta WHERE name = 'base_seq'")) {
      if (!rows.next()) {
        throw DamagedFile.found(path + " has no base");
      }
      baseSeq = rows.getLong(1);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    attributes = hasAttributes() ? "attributes" : "NULL";
  }

  /** Files that an older agent has sealed have none. */
  private boolean hasAttributes() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet columns =
            statement.executeQuery(
                "SELECT count(*) FROM pragma_table_info('log') WHERE name = 'attributes'")) {
      return columns.next() && columns.getInt(1) > 0;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  Path path() {
    return path;
  }

  long baseSeq() {
    return baseSeq;
  }

  /**
   * The offset that a partition's first row in this file gets; null if the file does not know it.
   *
   * @param active whether partitions may still be added to the file
   */
  @Nullable Long base(StreamPartition partition, boolean active) throws SQLException {
    Long base = knownBases.get(partition);
    if (base == null && !complete) {
      complete = !active;
      base = bases().get(partition);
    }
    return base;
  }

  /** The partitions known to this file, with the offset that their first row in it gets. */
  Map<StreamPartition, Long> bases() throws SQLException {
    var bases = new HashMap<StreamPartition, Long>();
    var numbers = new HashMap<StreamPartition, Integer>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT stream, part, base, id FROM sp")) {
      while (rows.next()) {
        var partition = new StreamPartition(rows.getString(1), rows.getInt(2));
        bases.put(partition, rows.getLong(3));
        numbers.put(partition, rows.getInt(4));
      }
    }
    ids = numbers;
    knownBases = bases;
    return bases;
  }

  /** Rows of a partition from an offset on, below another; as many as fit. */
  List<UplinkRecord> read(
      StreamPartition partition, long from, long to, int maxRecords, int maxBytes)
      throws SQLException {
    Integer id = id(partition);
    var records = new ArrayList<UplinkRecord>();
    if (id == null || from >= to) {
      return records;
    }
    NavigableMap<Long, Long> known = points.computeIfAbsent(partition, _ -> new TreeMap<>());
    Map.Entry<Long, Long> start = known.floorEntry(from);
    long seq = start == null ? baseSeq : start.getValue();
    int bytes = 0;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT seq, off, ts, clock, topic, client, key, value FROM log"
                + " WHERE seq >= ? AND sp = ? AND off >= ? AND off < ? ORDER BY seq LIMIT ?")) {
      select.setLong(1, seq);
      select.setInt(2, id);
      select.setLong(3, from);
      select.setLong(4, to);
      select.setInt(5, Math.min(maxRecords, SHORT));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          UplinkRecord record = record(rows);
          remember(known, record.offset(), rows.getLong(1));
          int size = record.value().length + record.mqttTopic().length() + 64;
          if (!records.isEmpty() && bytes + size > maxBytes) {
            break;
          }
          bytes += size;
          records.add(record);
        }
      }
    }
    return records;
  }

  /** Rows of all partitions from a seq on; as many as fit. */
  List<LogRow> rows(long from, int maxRows, int maxBytes) throws SQLException {
    var found = new ArrayList<LogRow>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT seq, ts, topic, client, value, "
                + attributes
                + " FROM log WHERE seq >= ? ORDER BY seq LIMIT ?")) {
      select.setLong(1, from);
      select.setInt(2, Math.min(maxRows, SHORT));
      long bytes = 0;
      try (ResultSet rows = select.executeQuery()) {
        while (bytes < maxBytes && rows.next()) {
          LogRow row = logRow(rows);
          bytes += row.value().length + row.mqttTopic().length() + 64L;
          found.add(row);
        }
      }
    }
    return found;
  }

  /**
   * Retained messages in the order of their topics; only the active file's are the present ones.
   *
   * @param after a topic; those behind it are wanted
   * @param prefix of all topics wanted
   */
  List<LogRow> retained(String after, String prefix, int maxRows, int maxBytes)
      throws SQLException {
    var found = new ArrayList<LogRow>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT seq, ts, topic, client, value, attributes FROM retained"
                + " WHERE topic > ? AND topic >= ? AND topic < ? ORDER BY topic LIMIT ?")) {
      select.setString(1, after);
      select.setString(2, prefix);
      select.setString(3, prefix + "\uDBFF\uDFFF"); // the last code point: behind all others
      select.setInt(4, Math.min(maxRows, SHORT));
      long bytes = 0;
      try (ResultSet rows = select.executeQuery()) {
        while (bytes < maxBytes && rows.next()) {
          LogRow row = logRow(rows);
          bytes += row.value().length + row.mqttTopic().length() + 64L;
          found.add(row);
        }
      }
    }
    return found;
  }

  private static LogRow logRow(ResultSet rows) throws SQLException {
    return new LogRow(
        rows.getLong(1),
        rows.getLong(2),
        rows.getString(3),
        rows.getString(4),
        rows.getBytes(6),
        rows.getBytes(5));
  }

  private @Nullable Integer id(StreamPartition partition) throws SQLException {
    Integer id = ids.get(partition);
    if (id == null) {
      bases();
      id = ids.get(partition);
    }
    return id;
  }

  private static void remember(NavigableMap<Long, Long> known, long offset, long seq) {
    if (known.isEmpty() || offset >= known.lastKey() + STRIDE) {
      known.put(offset, seq);
    }
  }

  private static UplinkRecord record(ResultSet rows) throws SQLException {
    ClockQuality[] qualities = ClockQuality.values();
    int clock = rows.getInt(4);
    return new UplinkRecord(
        rows.getLong(2),
        rows.getLong(3),
        clock >= 0 && clock < qualities.length ? qualities[clock] : ClockQuality.UNSYNCED,
        rows.getBytes(7),
        rows.getBytes(8),
        rows.getString(5),
        rows.getString(6));
  }

  /** Gaps of a partition that overlap the range. */
  List<Gap> gaps(StreamPartition partition, long from, long to) throws SQLException {
    Integer id = id(partition);
    var gaps = new ArrayList<Gap>();
    if (id == null) {
      return gaps;
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT first, next, reason FROM gap WHERE sp = ? AND next > ? AND first < ?"
                + " ORDER BY first")) {
      select.setInt(1, id);
      select.setLong(2, from);
      select.setLong(3, to);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          long first = rows.getLong(1);
          long next = rows.getLong(2);
          gaps.add(new Gap(first, next, LogFile.reason(rows.getInt(3)), 0, next - first));
        }
      }
    }
    return gaps;
  }

  /** The first offset of a row captured at a time or later; -1 if the file has none. */
  long offsetSince(StreamPartition partition, long millis) throws SQLException {
    Integer id = id(partition);
    if (id == null) {
      return -1;
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT off FROM log WHERE sp = ? AND ts >= ? ORDER BY seq LIMIT 1")) {
      select.setInt(1, id);
      select.setLong(2, millis);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? rows.getLong(1) : -1;
      }
    }
  }

  /**
   * All rows in the order in which they were written, for people who look.
   *
   * @param goOn told each row; false ends it
   */
  void forEach(Predicate<PrintedRow> goOn) throws SQLException {
    long seq = baseSeq - 1;
    while (true) {
      var rows = new ArrayList<PrintedRow>();
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT log.seq, off, ts, clock, topic, client, key, value, stream, part FROM log"
                  + " JOIN sp ON sp.id = log.sp WHERE log.seq > ? ORDER BY log.seq LIMIT ?")) {
        select.setLong(1, seq);
        select.setInt(2, SHORT);
        try (ResultSet found = select.executeQuery()) {
          int bytes = 0;
          while (bytes < MOST_PRINTED_BYTES && found.next()) {
            UplinkRecord record = record(found);
            bytes += record.value().length;
            rows.add(
                new PrintedRow(
                    found.getLong(1),
                    new StreamPartition(found.getString(9), found.getInt(10)),
                    record));
          }
        }
      }
      if (rows.isEmpty()) {
        return;
      }
      for (PrintedRow row : rows) {
        if (!goOn.test(row)) {
          return;
        }
      }
      seq = rows.getLast().seq();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
