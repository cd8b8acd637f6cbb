package io.headwater.edge.log;

import io.headwater.edge.clock.BootTimes;
import io.headwater.edge.clock.Capture;
import io.headwater.uplink.Gap;
import io.headwater.uplink.OffsetRanges;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * Reads one file, in short statements that do not hold up its writer. Not thread-safe.
 *
 * <p>There is no index over offsets: within a partition they rise with {@code seq}, so a point
 * every {@link #STRIDE} rows, remembered while reading, says where to begin. Rows whose checksum
 * does not match are left out: whoever reads finds their numbers missing.
 */
final class FileReader implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(FileReader.class);

  /** Rows, or batches of them, of one statement. */
  private static final int SHORT = 500;

  /** Those before it had no batches. */
  private static final int OLDEST_FORMAT = 2;

  private static final int STRIDE = 1000;
  private static final long UNKNOWN = -1;
  private static final List<String> TABLES =
      List.of(
          "seq, head, rows FROM batch",
          "id, stream, part, base FROM sp",
          "sp, first, next, reason FROM gap",
          "seq, ts, topic, client, value, attributes FROM retained");
  private static final int MOST_PRINTED_BYTES = 1 << 20;

  private final Path path;

  /** By the file's name until it is opened. */
  private long baseSeq;

  private final Map<StreamPartition, NavigableMap<Long, Long>> points = new HashMap<>();
  private Map<StreamPartition, Integer> ids = Map.of();
  private Map<StreamPartition, Long> knownBases = Map.of();
  private boolean complete;

  /** What was read last of a partition, and where: the next is most likely what follows. */
  private final Map<StreamPartition, Point> latest = new HashMap<>();

  /** Batches that were found damaged. */
  private final Set<Long> damaged = new HashSet<>();

  private boolean structureIsWhole;

  private BootTimes boots = BootTimes.none();

  private @Nullable Connection opened;

  private record Point(long offset, long seq) {}

  private FileReader(Path path, long baseSeq) {
    this.path = path;
    this.baseSeq = baseSeq;
  }

  /** Opens a file that nobody else has to put right. */
  static FileReader open(Path path) throws SQLException {
    var reader = new FileReader(path, 0);
    reader.opened = reader.connect();
    return reader;
  }

  /**
   * A file that is put right, if need be, and opened when it is first read: a start does not take
   * longer for each file that there is. What is wrong with it is told as damage then.
   */
  static FileReader later(Path path) {
    return new FileReader(path, LogFolder.baseSeq(path));
  }

  private Connection connection() throws SQLException {
    Connection open = opened;
    if (open == null) {
      LogOpening.putRight(path);
      try {
        open = connect();
      } catch (SQLException e) {
        if (DamagedFile.isAtOpening(e) && !DamagedFile.is(e)) {
          throw DamagedFile.found(path + ": " + e.getMessage());
        }
        throw e;
      }
      opened = open;
    }
    return open;
  }

  private Connection connect() throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(5000);
    Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + path, config.toProperties());
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT value, (SELECT value FROM meta WHERE name = 'format') FROM meta"
                    + " WHERE name = 'base_seq'")) {
      if (!rows.next()) {
        throw DamagedFile.found(path + " has no base");
      }
      if (rows.getInt(2) > LogFile.FORMAT) {
        throw DamagedFile.found(NewerLog.message(path, rows.getInt(2)));
      }
      if (rows.getInt(2) < OLDEST_FORMAT) {
        throw DamagedFile.found(
            path
                + " has format "
                + rows.getInt(2)
                + " where "
                + LogFile.FORMAT
                + " is due; the agent brings it there when it starts");
      }
      baseSeq = rows.getLong(1);
      // A damaged name of a table or a column shows now, and not when somebody reads.
      for (String names : TABLES) {
        statement.executeQuery("SELECT " + names + " LIMIT 0").close();
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Readings get the times that are known by these. */
  FileReader correctedBy(BootTimes known) {
    boots = known;
    return this;
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
    try (Statement statement = connection().createStatement();
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

  /** How the partitions are named in batches. */
  Map<StreamPartition, Integer> partitionNumbers() throws SQLException {
    bases();
    return ids;
  }

  /** What this file knows to be settled. */
  Map<StreamPartition, OffsetRanges> settled() throws SQLException {
    var names = new HashMap<Integer, StreamPartition>();
    partitionNumbers().forEach((partition, number) -> names.put(number, partition));
    var settled = new HashMap<StreamPartition, OffsetRanges>();
    try (Statement statement = connection().createStatement();
        ResultSet rows = statement.executeQuery("SELECT sp, first, next FROM settled")) {
      while (rows.next()) {
        StreamPartition partition = names.get(rows.getInt(1));
        if (partition != null) {
          settled.merge(
              partition, OffsetRanges.of(rows.getLong(2), rows.getLong(3)), OffsetRanges::union);
        }
      }
    }
    return settled;
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
    int bytes = 0;
    try (var batches = new Batches(start(partition, from))) {
      while (batches.next()) {
        Optional<BatchHead> head = batches.head();
        if (head.isPresent()) {
          Optional<BatchHead.Part> part = head.get().part(id);
          if (part.isEmpty() || part.get().nextOffset() <= from) {
            continue;
          }
          if (part.get().firstOffset() >= to) {
            break;
          }
          remember(partition, new Point(part.get().firstOffset(), batches.seq()));
        }
        RowBatch row = batches.rows().orElse(null);
        while (row != null && row.next()) {
          if (row.partition() != id || row.offset() < from || row.offset() >= to) {
            continue;
          }
          UplinkRecord record = row.record(boots);
          int size = record.value().length + record.mqttTopic().length() + 64;
          if (records.size() == maxRecords || (!records.isEmpty() && bytes + size > maxBytes)) {
            return records;
          }
          bytes += size;
          records.add(record);
        }
        if (records.size() == maxRecords) {
          break;
        }
      }
    }
    return records;
  }

  /** Of the batch to begin with, at the latest. */
  private long start(StreamPartition partition, long from) {
    Point last = latest.get(partition);
    if (last != null && last.offset() <= from && from - last.offset() < STRIDE) {
      return last.seq();
    }
    Map.Entry<Long, Long> known =
        points.computeIfAbsent(partition, _ -> new TreeMap<>()).floorEntry(from);
    return known == null ? baseSeq : known.getValue();
  }

  private void remember(StreamPartition partition, Point point) {
    latest.put(partition, point);
    NavigableMap<Long, Long> known = points.computeIfAbsent(partition, _ -> new TreeMap<>());
    Map.Entry<Long, Long> before = known.floorEntry(point.offset());
    if (before == null || point.offset() >= before.getKey() + STRIDE) {
      known.put(point.offset(), point.seq());
    }
  }

  /** Rows of all partitions from a seq on; as many as fit. */
  List<LogRow> rows(long from, int maxRows, int maxBytes) throws SQLException {
    var found = new ArrayList<LogRow>();
    long bytes = 0;
    try (var batches = new Batches(batchOf(from))) {
      while (found.size() < maxRows && bytes < maxBytes && batches.next()) {
        RowBatch row = batches.rows().orElse(null);
        while (row != null && row.next() && found.size() < maxRows && bytes < maxBytes) {
          if (row.seq() >= from) {
            LogRow each = row.logRow();
            bytes += each.value().length + each.mqttTopic().length() + 64L;
            found.add(each);
          }
        }
      }
    }
    return found;
  }

  /** Looked at once: what is damaged later is found by whoever checks the file. */
  private boolean isStructureWhole() throws SQLException {
    structureIsWhole = structureIsWhole || structureDamage().isEmpty();
    return structureIsWhole;
  }

  /** The batch that a row is in, if it is in one. */
  private long batchOf(long seq) throws SQLException {
    try (PreparedStatement select =
        connection().prepareStatement("SELECT max(seq) FROM batch WHERE seq <= ?")) {
      select.setLong(1, seq);
      try (ResultSet found = select.executeQuery()) {
        return found.next() ? found.getLong(1) : 0;
      }
    }
  }

  /**
   * The batches of the file one after the other, some with each statement: one that stays open
   * keeps the writer from moving its write-ahead log into the file.
   *
   * <p>SQLite follows a damaged pointer to a page of the same table without a word: rows are passed
   * over and come later, or twice. So where a batch does not follow the one before, which is only
   * where rows were given up or lost, the structure is checked first.
   */
  private final class Batches implements AutoCloseable {
    private final PreparedStatement select;
    private @Nullable ResultSet found;
    private int left;
    private long seq;
    private long expected;
    private Optional<BatchHead> head = Optional.empty();

    /**
     * @param from seq of the first batch wanted
     */
    Batches(long from) throws SQLException {
      select =
          connection()
              .prepareStatement(
                  "SELECT seq, head, rows FROM batch WHERE seq >= ? ORDER BY seq LIMIT " + SHORT);
      seq = from - 1;
      expected = from > 0 ? from : UNKNOWN;
    }

    /** Goes to the next; false if there is none. */
    boolean next() throws SQLException {
      if (left == 0) {
        select.setLong(1, seq + 1);
        found = select.executeQuery(); // closes the one before
        left = SHORT;
      }
      if (found == null || !found.next()) {
        return false;
      }
      left--;
      long before = seq;
      seq = found.getLong(1);
      if (seq <= before || (expected != UNKNOWN && seq != expected && !isStructureWhole())) {
        throw DamagedFile.found(path + ": batch " + seq + " does not follow " + before);
      }
      head = BatchHead.decode(bytes(2));
      expected = head.map(BatchHead::nextSeq).orElse(UNKNOWN);
      return true;
    }

    long seq() {
      return seq;
    }

    /** What the present one holds; empty if that is damaged. */
    Optional<BatchHead> head() {
      return head;
    }

    /** The rows of the present one; empty if they are damaged. */
    Optional<RowBatch> rows() throws SQLException {
      Optional<RowBatch> rows = RowBatch.decode(bytes(3));
      if (rows.isEmpty() && damaged.add(seq)) {
        LOGGER
            .atError()
            .addKeyValue("file", path)
            .addKeyValue("seq", seq)
            .log("Rows of the log are damaged; they are lost and told as a gap");
      }
      return rows;
    }

    private byte[] bytes(int column) throws SQLException {
      return found == null ? new byte[0] : LogFile.bytes(found, column);
    }

    @Override
    public void close() throws SQLException {
      select.close();
    }
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
        connection()
            .prepareStatement(
                "SELECT seq, ts, topic, client, value, attributes, capture FROM retained"
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
        StateTables.capture(rows.getBytes(7), rows.getLong(2)),
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

  /** Gaps of a partition that overlap the range. */
  List<Gap> gaps(StreamPartition partition, long from, long to) throws SQLException {
    Integer id = id(partition);
    var gaps = new ArrayList<Gap>();
    if (id == null) {
      return gaps;
    }
    try (PreparedStatement select =
        connection()
            .prepareStatement(
                "SELECT "
                    + GapTable.COLUMNS
                    + " FROM gap WHERE sp = ? AND next > ? AND first < ? AND first"
                    + " >= (SELECT coalesce(max(first), 0) FROM gap WHERE sp = ? AND first <= ?)"
                    + " ORDER BY first")) {
      select.setInt(1, id);
      select.setLong(2, from);
      select.setLong(3, to);
      select.setInt(4, id);
      select.setLong(5, from);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          if (GapTable.isWhole(rows)) {
            gaps.add(GapTable.read(rows));
          }
        }
      }
    }
    return gaps;
  }

  /**
   * Looks for gaps just as later reading does: a damaged table may fail in one way of asking only.
   *
   * @throws SQLException if they cannot be found
   */
  void requireGaps() throws SQLException {
    for (StreamPartition partition : bases().keySet()) {
      var _ = gaps(partition);
    }
  }

  /** All gaps of a partition. */
  List<Gap> gaps(StreamPartition partition) throws SQLException {
    return gaps(partition, 0, Long.MAX_VALUE);
  }

  /** The numbers of the partitions that have readings which must stay. */
  Set<Integer> kept() throws SQLException {
    return KeptPartitions.read(connection());
  }

  /** Whether it is what was left of a file whose readings were given up. */
  boolean isRemains() throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet mark =
            statement.executeQuery(
                "SELECT 1 FROM meta WHERE name = '" + FileRemains.REMAINS + "'")) {
      return mark.next();
    }
  }

  /** The first offset of a row captured at a time or later; -1 if the file has none. */
  long offsetSince(StreamPartition partition, long millis) throws SQLException {
    Integer id = id(partition);
    if (id == null) {
      return -1;
    }
    try (var batches = new Batches(baseSeq)) {
      while (batches.next()) {
        RowBatch row = batches.rows().orElse(null);
        while (row != null && row.next()) {
          if (row.partition() == id && boots.time(row.capture()).millis() >= millis) {
            return row.offset();
          }
        }
      }
    }
    return -1;
  }

  /**
   * All rows in the order in which they were written, for people who look.
   *
   * @param goOn told each row; false ends it
   */
  void forEach(Predicate<PrintedRow> goOn) throws SQLException {
    var partitions = new HashMap<Integer, StreamPartition>();
    partitionNumbers().forEach((partition, id) -> partitions.put(id, partition));
    long next = baseSeq;
    List<PrintedRow> rows;
    do {
      rows = printed(next, partitions);
      for (PrintedRow row : rows) {
        if (!goOn.test(row)) {
          return;
        }
        next = row.seq() + 1;
      }
    } while (!rows.isEmpty());
  }

  private List<PrintedRow> printed(long from, Map<Integer, StreamPartition> partitions)
      throws SQLException {
    var found = new ArrayList<PrintedRow>();
    int bytes = 0;
    try (var batches = new Batches(batchOf(from))) {
      while (bytes < MOST_PRINTED_BYTES && batches.next()) {
        RowBatch row = batches.rows().orElse(null);
        while (row != null && row.next()) {
          StreamPartition partition = partitions.get(row.partition());
          if (row.seq() >= from && partition != null) {
            UplinkRecord record = row.record(boots);
            bytes += record.value().length;
            found.add(new PrintedRow(row.seq(), partition, record));
          }
        }
      }
    }
    return found;
  }

  /** When the newest row was taken that is whole; empty if there is none. */
  Optional<Capture> newestCapture() throws SQLException {
    Capture newest = null;
    try (PreparedStatement select =
            connection().prepareStatement("SELECT rows FROM batch ORDER BY seq DESC");
        ResultSet batches = select.executeQuery()) {
      while (newest == null && batches.next()) {
        RowBatch row = RowBatch.decode(LogFile.bytes(batches, 1)).orElse(null);
        while (row != null && row.next()) {
          newest = row.capture();
        }
      }
    }
    return Optional.ofNullable(newest);
  }

  /** What SQLite itself finds wrong with the file; empty if nothing. */
  Optional<String> structureDamage() throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet check = statement.executeQuery("PRAGMA integrity_check(1)")) {
      String found = check.next() ? check.getString(1) : "nothing to check";
      return "ok".equals(found) ? Optional.empty() : Optional.of(found);
    }
  }

  /**
   * Goes through all batches.
   *
   * @param thorough whether the rows' checksums are looked at as well: reads all of the file
   * @param heads told what each batch holds
   * @param bad told the first row of each batch that is damaged
   */
  void survey(boolean thorough, Consumer<BatchHead> heads, LongConsumer bad) throws SQLException {
    try (var batches = new Batches(Long.MIN_VALUE + 1)) {
      while (batches.next()) {
        Optional<BatchHead> head = batches.head();
        boolean whole = head.isPresent() && (!thorough || isWhole(batches, head.get()));
        if (whole) {
          heads.accept(head.get());
        } else {
          batches.rows().map(RowBatch::head).ifPresent(heads);
          bad.accept(batches.seq());
        }
      }
    }
  }

  private static boolean isWhole(Batches batches, BatchHead head) throws SQLException {
    Optional<RowBatch> rows = batches.rows();
    return rows.isPresent() && rows.get().head().equals(head);
  }

  @Override
  public void close() throws SQLException {
    Connection open = opened;
    if (open != null) {
      open.close();
    }
  }
}
