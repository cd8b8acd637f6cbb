package io.headwater.edge.log;

import io.headwater.edge.log.LogState.PartitionState;
import io.headwater.process.UserError;
import io.headwater.uplink.Gap;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The file that is written to. Confined to the writer's thread.
 *
 * <pre>
 * meta(name, value)                        format, epoch, base_seq, first_offset of new partitions,
 *                                          last_asked and last_sent: incarnations,
 *                                          salvaged: {@link Salvage}, remains: {@link
 *                                          FileRemains}, kept: {@link KeptPartitions}
 * sp(id, stream, part, base)               base: the offset that its first row in this file gets
 * batch(seq, head, rows)                   the rows of a commit: {@link RowBatch}, {@link BatchHead}
 * incarnation(n, id), incarnation_first(n, sp, off)
 * settled(sp, first, next), gap(sp, first, next, reason, crc): {@link GapTable}
 * life(id, copy)                           all but batch once more: {@link LifeCopy}
 * </pre>
 *
 * <p>Beside them stand the {@link StateTables}. Files of older agents: {@link LayoutUpgrade}.
 */
final class LogFile implements AutoCloseable {
  static final String SUFFIX = ".edgelog";
  private static final Logger LOGGER = LoggerFactory.getLogger(LogFile.class);

  /** 2 had {@link RowBatch} without boots, and no captures in the {@link StateTables}. */
  static final int FORMAT = 3;

  private static final long PAGE = 4096;

  /** About what the tables take with nothing in them. */
  private static final long EMPTY_PAGES = 24;

  /** Rows in batches; {@code rows} last, so that it is read only by whoever asks for it. */
  static final String BATCH_TABLE =
      "CREATE TABLE batch(seq INTEGER PRIMARY KEY, head BLOB NOT NULL, rows BLOB NOT NULL)";

  static final String INSERT_BATCH = "INSERT INTO batch(seq, head, rows) VALUES (?, ?, ?)";
  private static final String[] SCHEMA = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    "CREATE TABLE sp(id INTEGER PRIMARY KEY, stream TEXT NOT NULL, part INTEGER NOT NULL,"
        + " base INTEGER NOT NULL, UNIQUE(stream, part))",
    BATCH_TABLE,
    "CREATE TABLE incarnation(n INTEGER PRIMARY KEY, id INTEGER NOT NULL)",
    "CREATE TABLE incarnation_first(n INTEGER NOT NULL, sp INTEGER NOT NULL, off INTEGER NOT NULL)",
    "CREATE TABLE settled(sp INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL)",
    LifeCopy.TABLE
  };

  private final Path path;
  private final Connection connection;
  private final PreparedStatement insert;
  private final PreparedStatement countPages;
  private final StateTables tables;
  private final MessageIds ids;
  private final GapTable gaps;
  private final KeptPartitions kept;
  private final RowBatchWriter batch = new RowBatchWriter();
  private long emptyPages = EMPTY_PAGES;
  private boolean forces = true;
  private int checkpointPages;
  private boolean endIsKnown = true;
  private boolean isSalvaged;

  /** Something was changed of which there is a {@link LifeCopy}. */
  private boolean lifeChanged;

  private LogFile(Path path, Connection connection) throws SQLException {
    this.path = path;
    this.connection = connection;
    this.insert = connection.prepareStatement(INSERT_BATCH);
    this.countPages = connection.prepareStatement("PRAGMA page_count");
    this.tables = new StateTables(connection);
    this.ids = new MessageIds(connection);
    this.gaps = new GapTable(connection);
    this.kept = new KeptPartitions(connection);
  }

  /**
   * Makes a file whose first transaction holds the state; leaves nothing behind if that fails.
   *
   * @param holes offsets that the partitions skip; their counters go on behind them
   * @param before the file whose state tables are copied; null for none
   */
  static LogFile create(
      Path path,
      LogState state,
      Map<StreamPartition, Gap> holes,
      @Nullable LogFile before,
      List<String> pragmas)
      throws SQLException {
    Connection connection = connect(path, pragmas);
    try {
      LogFile file = begin(path, connection, state, holes, before);
      holes.forEach((partition, hole) -> {
        PartitionState counter = state.partitions().get(partition);
        if (counter != null) {
          counter.setNextOffset(hole.nextOffset());
        }
      });
      return file;
    } catch (SQLException | RuntimeException e) {
      try {
        connection.close();
      } catch (SQLException close) {
        e.addSuppressed(close);
      }
      LogFolder.delete(path);
      throw e;
    }
  }

  /** All tables of a file, with nothing in them. */
  static void makeTables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : SCHEMA) {
        statement.executeUpdate(table);
      }
      GapTable.create(statement);
    }
    StateTables.create(connection);
  }

  private static LogFile begin(
      Path path,
      Connection connection,
      LogState state,
      Map<StreamPartition, Gap> holes,
      @Nullable LogFile before)
      throws SQLException {
    makeTables(connection);
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("INSERT INTO meta VALUES ('format', " + FORMAT + ")");
      statement.executeUpdate("INSERT INTO meta VALUES ('epoch', " + state.epoch() + ")");
      statement.executeUpdate("INSERT INTO meta VALUES ('base_seq', " + state.nextSeq() + ")");
      statement.executeUpdate(
          "INSERT INTO meta VALUES ('first_offset', " + state.firstOffset() + ")");
      KeptPartitions.begin(statement);
    }
    var file = new LogFile(path, connection);
    for (var entry : state.partitions().entrySet()) {
      file.insertPartition(entry.getKey(), entry.getValue());
      Gap hole = holes.get(entry.getKey());
      if (hole != null) {
        file.insertGap(entry.getValue().id(), hole);
      }
    }
    file.writeIncarnations(state);
    file.writeSettled(state);
    if (before != null) {
      before.tables.copyTo(file.tables);
      file.ids.recount();
    }
    file.commit();
    file.checkpoint();
    file.emptyPages = file.pages();
    return file;
  }

  /**
   * Opens a file and reads its state.
   *
   * @throws SQLException if the file is damaged, or no log file of ours
   */
  static LogFile open(Path path, LogState state, List<String> pragmas) throws SQLException {
    Connection connection = connect(path, pragmas);
    try {
      check(connection);
      makeLife(connection);
      var file = new LogFile(path, connection);
      file.load(state);
      return file;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static Connection connect(Path path, List<String> pragmas) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      // WAL with NORMAL does not sync at a commit: acknowledged readings would hang in the cache.
      statement.execute("PRAGMA synchronous=FULL");
      statement.execute("PRAGMA cache_size=-2048");
      for (String pragma : pragmas) {
        statement.execute(pragma);
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    connection.setAutoCommit(false);
    return connection;
  }

  Path path() {
    return path;
  }

  /**
   * Bytes of what is in it, wherever that stands: what is written ahead of the file does not count
   * twice. Without what it held before its first row, of a file that was begun here.
   */
  long size() throws SQLException {
    return (pages() - emptyPages) * PAGE;
  }

  private long pages() throws SQLException {
    try (ResultSet pages = countPages.executeQuery()) {
      return pages.next() ? pages.getLong(1) : 0;
    }
  }

  private static void check(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet check = statement.executeQuery("PRAGMA quick_check(1)")) {
      String found = check.next() ? check.getString(1) : "nothing";
      if (!"ok".equals(found)) {
        throw DamagedFile.found("quick_check: " + found);
      }
    }
  }

  private void load(LogState state) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      Map<Integer, StreamPartition> byId = loadPartitions(statement, state);
      state.setNextSeq(meta(statement, "base_seq"));
      try (ResultSet batches =
          statement.executeQuery("SELECT seq, head, rows FROM batch ORDER BY seq")) {
        while (batches.next()) {
          Optional<BatchHead> head = head(batches);
          if (head.isPresent()) {
            count(head.get(), state, byId);
          } else {
            endIsKnown = false;
          }
        }
      }
      loadGaps(statement, state, byId);
      isSalvaged = meta(statement, Salvage.SALVAGED) != 0;
      endIsKnown &= !isSalvaged;
      state.setFirstOffset(meta(statement, "first_offset"));
      state.setLastAsked(meta(statement, "last_asked"));
      state.setLastSent(meta(statement, "last_sent"));
      state.setChanges(meta(statement, "changes"));
      state.setRetained(tables.retainedSize());
      ids.recount();
      state.setRunningMs(ids.newest());
      loadIncarnations(statement, state, byId);
      loadSettled(statement, state, byId);
    }
    connection.commit();
  }

  /** Offsets that are given up are given out. */
  private void loadGaps(Statement statement, LogState state, Map<Integer, StreamPartition> byId)
      throws SQLException {
    try (ResultSet gaps = statement.executeQuery("SELECT " + GapTable.COLUMNS + " FROM gap")) {
      while (gaps.next()) {
        if (!GapTable.isWhole(gaps)) {
          endIsKnown = false;
          continue;
        }
        StreamPartition partition = byId.get(gaps.getInt(1));
        PartitionState known = partition == null ? null : state.partitions().get(partition);
        if (known != null) {
          known.setNextOffset(Math.max(known.nextOffset(), GapTable.read(gaps).nextOffset()));
        }
      }
    }
  }

  /** What a batch holds, by whichever of the two that tell it is whole. */
  private Optional<BatchHead> head(ResultSet batches) throws SQLException {
    Optional<RowBatch> rows = RowBatch.decode(bytes(batches, 3));
    if (rows.isPresent()) {
      return rows.map(RowBatch::head);
    }
    Optional<BatchHead> head = BatchHead.decode(bytes(batches, 2));
    LOGGER
        .atError()
        .addKeyValue("file", path)
        .addKeyValue("seq", batches.getLong(1))
        .addKeyValue("rows", head.map(BatchHead::rows).orElse(-1))
        .log("Rows of the log are damaged; they are lost and told as a gap");
    return head;
  }

  /** Of whatever a damaged file has there. */
  static byte[] bytes(ResultSet row, int column) throws SQLException {
    byte @Nullable [] bytes = row.getBytes(column);
    return bytes == null ? new byte[0] : bytes;
  }

  private static void count(BatchHead head, LogState state, Map<Integer, StreamPartition> byId)
      throws SQLException {
    for (BatchHead.Part part : head.parts()) {
      StreamPartition partition = byId.get(part.partition());
      if (partition == null) {
        throw DamagedFile.found("rows of an unknown partition");
      }
      PartitionState known = state.partitions().get(partition);
      if (known != null) {
        known.setNextOffset(Math.max(known.nextOffset(), part.nextOffset()));
      }
    }
    state.setNextSeq(Math.max(state.nextSeq(), head.nextSeq()));
  }

  /** False if rows are lost of which nobody can tell how many they were. */
  boolean isEndKnown() {
    return endIsKnown;
  }

  /** Puts in what is missing here; to be opened anew if that was something. */
  int refill(DamagedPages pages, long end) throws IOException, SQLException {
    int missing = Salvage.copyRows(pages, connection, end);
    connection.commit();
    return missing;
  }

  /** Whether it was made of what could be read of a damaged one. */
  boolean isSalvaged() {
    return isSalvaged;
  }

  /** 0 where a file does not have it. */
  private static long meta(Statement statement, String name) throws SQLException {
    try (ResultSet value =
        statement.executeQuery("SELECT value FROM meta WHERE name = '" + name + "'")) {
      return value.next() ? value.getLong(1) : 0;
    }
  }

  private static Map<Integer, StreamPartition> loadPartitions(Statement statement, LogState state)
      throws SQLException {
    var byId = new HashMap<Integer, StreamPartition>();
    try (ResultSet rows = statement.executeQuery("SELECT id, stream, part, base FROM sp")) {
      while (rows.next()) {
        var partition = new StreamPartition(rows.getString(2), rows.getInt(3));
        byId.put(rows.getInt(1), partition);
        state.partitions().put(partition, new PartitionState(rows.getInt(1), rows.getLong(4)));
      }
    }
    return byId;
  }

  private static void loadIncarnations(
      Statement statement, LogState state, Map<Integer, StreamPartition> byId) throws SQLException {
    var firsts = new HashMap<Integer, Map<StreamPartition, Long>>();
    try (ResultSet rows = statement.executeQuery("SELECT n, sp, off FROM incarnation_first")) {
      while (rows.next()) {
        StreamPartition partition = byId.get(rows.getInt(2));
        if (partition != null) {
          firsts
              .computeIfAbsent(rows.getInt(1), _ -> new HashMap<>())
              .put(partition, rows.getLong(3));
        }
      }
    }
    try (ResultSet rows = statement.executeQuery("SELECT n, id FROM incarnation ORDER BY n")) {
      while (rows.next()) {
        state
            .incarnations()
            .add(new Incarnation(rows.getLong(2), firsts.getOrDefault(rows.getInt(1), Map.of())));
      }
    }
  }

  private static void loadSettled(
      Statement statement, LogState state, Map<Integer, StreamPartition> byId) throws SQLException {
    try (ResultSet rows = statement.executeQuery("SELECT sp, first, next FROM settled")) {
      while (rows.next()) {
        StreamPartition partition = byId.get(rows.getInt(1));
        if (partition != null) {
          long first = rows.getLong(2);
          long next = rows.getLong(3);
          state.settled().merge(partition, OffsetRanges.of(first, next), OffsetRanges::union);
        }
      }
    }
  }

  /**
   * The epoch of a file.
   *
   * @throws SQLException if it is damaged or cannot be read
   * @throws UserError if a newer agent wrote it
   */
  static long readEpoch(Path path) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT (SELECT value FROM meta WHERE name = 'epoch'),"
                    + " (SELECT value FROM meta WHERE name = 'format')")) {
      int format = rows.next() ? rows.getInt(2) : 0;
      if (format > FORMAT) {
        throw UserError.failure(NewerLog.message(path, format));
      }
      if (format < 1) {
        throw DamagedFile.found(path + " is not a log file");
      }
      return rows.getLong(1);
    }
  }

  private static void makeLife(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(LifeCopy.TABLE);
    }
  }

  void insertPartition(StreamPartition partition, PartitionState state) throws SQLException {
    lifeChanged = true;
    try (PreparedStatement add =
        connection.prepareStatement("INSERT INTO sp(id, stream, part, base) VALUES (?, ?, ?, ?)")) {
      add.setInt(1, state.id());
      add.setString(2, partition.stream());
      add.setInt(3, partition.partition());
      add.setLong(4, state.nextOffset());
      add.executeUpdate();
    }
  }

  void insert(long seq, int partition, long offset, Append append) throws SQLException {
    if (batch.isFull(append.capture())) {
      flushInserts();
    }
    batch.add(
        seq,
        partition,
        offset,
        append.capture(),
        append.mqttTopic(),
        append.mqttClient(),
        append.key(),
        append.value(),
        append.attributes());
  }

  void flushInserts() throws SQLException {
    write(batch, insert);
  }

  /** Writes what was collected, if there is something. */
  static void write(RowBatchWriter batch, PreparedStatement insert) throws SQLException {
    if (batch.isEmpty()) {
      return;
    }
    BatchHead head = batch.head();
    insert.setLong(1, head.seq());
    insert.setBytes(2, head.encode());
    insert.setBytes(3, batch.encode());
    batch.clear();
    // Not executeUpdate: after a failure, such as a full disk, the driver has ended the statement.
    insert.addBatch();
    insert.executeBatch();
  }

  /** What was to be written and is not on disk does not count any more. */
  void clearInserts() throws SQLException {
    batch.clear();
    insert.clearBatch();
    gaps.forget();
    kept.forget();
  }

  StateTables tables() {
    return tables;
  }

  MessageIds ids() {
    return ids;
  }

  /** Notes that a reading of the partition must not be given up for others. */
  void keep(int partition) throws SQLException {
    lifeChanged |= kept.keep(partition);
  }

  /** Notes that a group changes state: whether it is on disk can then be looked up. */
  void writeChanges(LogState state) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "INSERT OR REPLACE INTO meta VALUES ('changes', " + state.changes() + ")");
    }
  }

  void insertGap(int partition, Gap gap) throws SQLException {
    gaps.add(partition, gap);
  }

  void writeIncarnations(LogState state) throws SQLException {
    try (Statement clear = connection.createStatement()) {
      clear.executeUpdate("DELETE FROM incarnation");
      clear.executeUpdate("DELETE FROM incarnation_first");
    }
    try (PreparedStatement add =
            connection.prepareStatement("INSERT INTO incarnation VALUES (?, ?)");
        PreparedStatement addFirst =
            connection.prepareStatement("INSERT INTO incarnation_first VALUES (?, ?, ?)")) {
      int n = 0;
      for (Incarnation incarnation : state.incarnations()) {
        add.setInt(1, n);
        add.setLong(2, incarnation.id());
        add.executeUpdate();
        for (var first : incarnation.firstOffsets().entrySet()) {
          PartitionState partition = state.partitions().get(first.getKey());
          if (partition != null) {
            addFirst.setInt(1, n);
            addFirst.setInt(2, partition.id());
            addFirst.setLong(3, first.getValue());
            addFirst.executeUpdate();
          }
        }
        n++;
      }
    }
    writeContacts(state);
  }

  /** Which openings a bridge may know. */
  void writeContacts(LogState state) throws SQLException {
    lifeChanged = true;
    try (PreparedStatement put =
        connection.prepareStatement("INSERT OR REPLACE INTO meta VALUES (?, ?)")) {
      put.setString(1, "last_asked");
      put.setLong(2, state.lastAsked());
      put.executeUpdate();
      put.setString(1, "last_sent");
      put.setLong(2, state.lastSent());
      put.executeUpdate();
    }
  }

  void writeEpoch(LogState state) throws SQLException {
    lifeChanged = true;
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE meta SET value = " + state.epoch() + " WHERE name = 'epoch'");
    }
  }

  /**
   * Writes the epoch, the incarnations and what is settled into another file, too; a file that
   * refuses is left as it is.
   */
  static void noteLife(Path path, LogState state) {
    try {
      LogOpening.putRight(path); // an older agent's file lacks tables that are needed below
      try (LogFile file = reopen(path)) {
        file.writeEpoch(state);
        file.writeIncarnations(state);
        file.writeSettled(state);
        file.commit();
      }
    } catch (SQLException e) {
      LOGGER
          .atWarn()
          .addKeyValue("file", path)
          .addKeyValue("error", e.getMessage())
          .log("The file before the active one does not know of this opening");
    }
  }

  private static LogFile reopen(Path path) throws SQLException {
    Connection connection = connect(path, List.of());
    try {
      makeLife(connection);
      return new LogFile(path, connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  void writeSettled(LogState state) throws SQLException {
    lifeChanged = true;
    try (Statement clear = connection.createStatement()) {
      clear.executeUpdate("DELETE FROM settled");
    }
    try (PreparedStatement add =
        connection.prepareStatement("INSERT INTO settled VALUES (?, ?, ?)")) {
      for (var entry : state.settled().entrySet()) {
        PartitionState partition = state.partitions().get(entry.getKey());
        if (partition == null) {
          continue;
        }
        for (OffsetRanges.Range range : entry.getValue().ranges()) {
          add.setInt(1, partition.id());
          add.setLong(2, range.from());
          add.setLong(3, range.to());
          add.executeUpdate();
        }
      }
    }
  }

  void commit() throws SQLException {
    if (lifeChanged) {
      LifeCopy.write(connection);
    }
    connection.commit();
    lifeChanged = false;
  }

  /**
   * Whether the commits from now on force all that was committed before them to disk, too. Only
   * between transactions: within one SQLite refuses.
   */
  void force(boolean force) throws SQLException {
    if (force == forces) {
      return;
    }
    connection.setAutoCommit(true); // ends the transaction that the driver begins at each commit
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA synchronous=" + (force ? "FULL" : "NORMAL"));
    }
    connection.setAutoCommit(false);
    forces = force;
  }

  /** Something to commit: a commit of nothing forces nothing. */
  void writeMark() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // Another value each time, or SQLite would find nothing to do.
      statement.executeUpdate(
          "INSERT OR REPLACE INTO meta VALUES ('mark', " + System.nanoTime() + ")");
    }
  }

  /** Undoes what is not committed; on a full disk SQLite has done that by itself. */
  void rollback() throws SQLException {
    try {
      connection.rollback();
    } catch (SQLException e) {
      if (!isNoTransaction(e)) {
        throw e;
      }
      beginAnew();
    }
  }

  /** The driver believes that a transaction is open, and would not begin one. */
  private void beginAnew() throws SQLException {
    try {
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      if (!isNoTransaction(e)) {
        throw e;
      }
    }
    connection.setAutoCommit(false);
  }

  /** Whether there was no room. A batch of inserts wraps what SQLite said. */
  static boolean isFull(SQLException failure) {
    Throwable said = failure instanceof SQLiteException ? failure : failure.getCause();
    return said instanceof SQLiteException sqlite
        && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL;
  }

  /** The same, also for what is not written by a commit. */
  static boolean lacksRoom(SQLException failure) {
    return isFull(failure)
        || (failure instanceof SQLiteException sqlite
            && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE);
  }

  private static boolean isNoTransaction(SQLException e) {
    return String.valueOf(e.getMessage()).contains("no transaction is active");
  }

  /**
   * Brings what was committed into the file itself, where damage to what follows spares it, and
   * whose room ahead of it is then used anew; not on a disk that has no room for it now.
   */
  void checkpoint() throws SQLException {
    connection.setAutoCommit(true); // SQLite refuses within a transaction
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (SQLException e) {
      LOGGER
          .atDebug()
          .addKeyValue("file", path)
          .setCause(e)
          .log("What is written ahead of the file stays there for now");
    }
    connection.setAutoCommit(false);
  }

  /** After how many pages the write-ahead log goes into the file: how large it gets. */
  void checkpointEvery(int pages) throws SQLException {
    if (pages != checkpointPages) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA wal_autocheckpoint=" + pages);
      }
      checkpointPages = pages;
    }
  }

  /**
   * Moves the write-ahead log into the file, so that it can be read alone, and closes it. On a full
   * disk it stays beside the file, and is read with it.
   */
  void seal() throws SQLException {
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException e) {
      if (!lacksRoom(e)) {
        throw e;
      }
    } finally {
      close();
    }
  }

  @Override
  public void close() throws SQLException {
    insert.close();
    countPages.close();
    tables.close();
    ids.close();
    gaps.close();
    connection.close();
  }
}
