package io.headwater.edge.log;

import io.headwater.edge.clock.BootTimes;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Puts a small file in the place of one whose readings are given up: with the same name and the
 * same beginning, the readings that must stay and that the hub does not have yet, and a gap for
 * each other. So whoever reads, settles or deletes needs to know nothing of it.
 *
 * <p>It is written beside the file, forced to disk and renamed: a stop at any instant leaves the
 * one or the other. Where remains lie right before the file, both become one: however much is given
 * up, little is left of it.
 *
 * <p>Confined to the log's writer; the file's readers are kept away by the caller.
 */
final class FileRemains {
  private static final String UNFINISHED = ".unfinished";

  /** Noted in such a file. */
  static final String REMAINS = "remains";

  /**
   * A file that is given up.
   *
   * @param bases what its partitions begin with in it
   * @param ends and where they go on behind it
   */
  record Source(
      FileReader file, Map<StreamPartition, Long> bases, Map<StreamPartition, Long> ends) {}

  /** What of a source is not to be lost. */
  private final class Keeping {
    private final Map<Integer, StreamPartition> names = new HashMap<>();
    private final Set<Integer> kept;
    private final Map<Integer, List<OffsetRanges.Range>> carried = new HashMap<>();

    Keeping(Source source) throws SQLException {
      source.file().partitionNumbers().forEach((partition, id) -> names.put(id, partition));
      kept = source.file().kept();
    }

    boolean mustStay(int partition, long offset) {
      StreamPartition name = names.get(partition);
      return kept.contains(partition)
          && name != null
          && !settled.getOrDefault(name, OffsetRanges.EMPTY).contains(offset);
    }

    /** Whether there may be a row that must stay. */
    boolean hasAny(Source source) {
      for (int id : kept) {
        StreamPartition name = names.get(id);
        if (name != null && !isSettled(name, source)) {
          return true;
        }
      }
      return false;
    }

    private boolean isSettled(StreamPartition name, Source source) {
      long base = source.bases().getOrDefault(name, 0L);
      long end = source.ends().getOrDefault(name, base);
      return end <= base || settled.getOrDefault(name, OffsetRanges.EMPTY).covers(base, end);
    }
  }

  private final Map<StreamPartition, OffsetRanges> settled;
  private final long mostBytes;

  /**
   * @param settled what the hub has
   * @param mostBytes of rows that may be carried over; with more the file stays
   */
  FileRemains(Map<StreamPartition, OffsetRanges> settled, long mostBytes) {
    this.settled = settled;
    this.mostBytes = mostBytes;
  }

  /** Deletes what a stop has left unfinished. */
  static void clear(Path folder) throws IOException {
    List<Path> left;
    try (Stream<Path> entries = Files.list(folder)) {
      left = entries.filter(path -> path.toString().endsWith(UNFINISHED)).toList();
    }
    for (Path path : left) {
      Files.deleteIfExists(path);
    }
  }

  /** Readings of a file that may be given up: not settled, and not there as gaps already. */
  long droppable(Source source) throws SQLException {
    Set<Integer> kept = source.file().kept();
    long readings = 0;
    for (var entry : source.file().partitionNumbers().entrySet()) {
      Long base = source.bases().get(entry.getKey());
      Long end = source.ends().get(entry.getKey());
      if (base == null || end == null) {
        return 0; // nobody knows what of it there was
      }
      if (!kept.contains(entry.getValue())) {
        List<OffsetRanges.Range> known = ranges(source.file().gaps(entry.getKey()));
        known.addAll(settled.getOrDefault(entry.getKey(), OffsetRanges.EMPTY).ranges());
        for (OffsetRanges.Range hole : holes(base, end, known)) {
          readings += hole.to() - hole.from();
        }
      }
    }
    return readings;
  }

  /** Whether the same numbers name the same partitions in both. */
  static boolean agree(Source first, Source second) throws SQLException {
    Map<StreamPartition, Integer> one = first.file().partitionNumbers();
    Map<StreamPartition, Integer> other = second.file().partitionNumbers();
    var names = new HashMap<Integer, StreamPartition>();
    one.forEach((partition, id) -> names.put(id, partition));
    for (var entry : other.entrySet()) {
      if (!names.getOrDefault(entry.getValue(), entry.getKey()).equals(entry.getKey())
          || !one.getOrDefault(entry.getKey(), entry.getValue()).equals(entry.getValue())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Writes what is left of one file, or of two that follow each other, beside the first.
   *
   * @param withState whether the state tables are needed, too
   * @return the new file; empty if too much of it would have to be carried over
   * @throws SQLException if it cannot be written; then there is no file
   */
  Optional<Path> write(List<Source> sources, boolean withState) throws SQLException, IOException {
    Path file = Path.of(sources.getFirst().file().path() + UNFINISHED);
    Files.deleteIfExists(file);
    boolean isWhole = false;
    try {
      isWhole = fill(file, sources, withState);
      if (isWhole) {
        force(file);
      }
    } finally {
      if (!isWhole) {
        Files.deleteIfExists(file);
      }
    }
    return isWhole ? Optional.of(file) : Optional.empty();
  }

  private boolean fill(Path file, List<Source> sources, boolean withState) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode=OFF"); // one that fails is deleted
        statement.execute("PRAGMA synchronous=OFF"); // forced once, as a whole
      }
      LogFile.makeTables(connection);
      for (Source source : sources) {
        copyTables(connection, source);
      }
      connection.setAutoCommit(false);
      if (withState) {
        copyState(connection, sources.getLast());
      }
      var gaps = new HashMap<Integer, List<Gap>>();
      long carried = 0;
      for (int i = 0; i < sources.size(); i++) {
        Source source = sources.get(i);
        var keeping = new Keeping(source);
        long before = i + 1 < sources.size() ? sources.get(i + 1).file().baseSeq() : Long.MAX_VALUE;
        if (keeping.hasAny(source)) {
          carried += carry(connection, source, keeping, before, mostBytes - carried);
          if (carried > mostBytes) {
            return false;
          }
        }
        addGaps(gaps, source, keeping);
      }
      try (var table = new GapTable(connection)) {
        for (var entry : gaps.entrySet()) {
          entry.getValue().sort(Comparator.comparingLong(Gap::firstOffset));
          for (Gap gap : entry.getValue()) {
            table.add(entry.getKey(), gap);
          }
        }
      }
      LifeCopy.write(connection);
      connection.commit();
      return true;
    }
  }

  /** What does not change: it may be needed again should all newer files be lost. */
  private static void copyTables(Connection connection, Source source) throws SQLException {
    try (PreparedStatement attach = connection.prepareStatement("ATTACH DATABASE ? AS source")) {
      attach.setString(1, source.file().path().toString());
      attach.execute();
    }
    try (Statement statement = connection.createStatement()) {
      // Of two files the beginning of the first counts, and what the second one knows.
      statement.executeUpdate("INSERT OR IGNORE INTO main.sp SELECT * FROM source.sp");
      statement.executeUpdate(
          "INSERT OR REPLACE INTO main.meta SELECT * FROM source.meta WHERE name <> 'base_seq'"
              + " OR NOT EXISTS (SELECT 1 FROM main.meta WHERE name = 'base_seq')");
      for (String table : List.of("incarnation", "incarnation_first", "settled")) {
        statement.executeUpdate("DELETE FROM main." + table);
        statement.executeUpdate("INSERT INTO main." + table + " SELECT * FROM source." + table);
      }
      statement.executeUpdate("INSERT OR REPLACE INTO main.meta VALUES ('" + REMAINS + "', 1)");
      statement.executeUpdate("DETACH DATABASE source");
    }
    var kept = new KeptPartitions(connection);
    for (int partition : source.file().kept()) {
      kept.keep(partition);
    }
  }

  private static void copyState(Connection connection, Source source) throws SQLException {
    try (Connection reading = DriverManager.getConnection("jdbc:sqlite:" + source.file().path());
        var from = new StateTables(reading);
        var to = new StateTables(connection)) {
      from.copyTo(to);
    }
  }

  /**
   * Copies the rows that must stay.
   *
   * @param before rows from this seq on are the next file's
   * @return their bytes; more than {@code most} if not all were copied
   */
  private static long carry(
      Connection connection, Source source, Keeping keeping, long before, long most)
      throws SQLException {
    long bytes = 0;
    var batch = new RowBatchWriter();
    var nextOffsets = new HashMap<Integer, Long>();
    long nextSeq = -1;
    try (Connection reading = DriverManager.getConnection("jdbc:sqlite:" + source.file().path());
        Statement select = reading.createStatement();
        ResultSet batches = select.executeQuery("SELECT rows FROM batch ORDER BY seq");
        PreparedStatement insert = connection.prepareStatement(LogFile.INSERT_BATCH)) {
      while (batches.next()) {
        RowBatch row = RowBatch.decode(LogFile.bytes(batches, 1)).orElse(null);
        while (row != null && row.next()) {
          if (row.seq() >= before || !keeping.mustStay(row.partition(), row.offset())) {
            continue;
          }
          if (batch.isFull(row.capture())
              || row.seq() != nextSeq
              || nextOffsets.getOrDefault(row.partition(), row.offset()) != row.offset()) {
            LogFile.write(batch, insert);
            nextOffsets.clear();
          }
          bytes += copy(row, batch);
          if (bytes > most) {
            return bytes;
          }
          nextSeq = row.seq() + 1;
          nextOffsets.put(row.partition(), row.offset() + 1);
          keeping
              .carried
              .computeIfAbsent(row.partition(), _ -> new ArrayList<>())
              .add(new OffsetRanges.Range(row.offset(), row.offset() + 1));
        }
      }
      LogFile.write(batch, insert);
    }
    return bytes;
  }

  /** Returns about what the row takes. */
  private static long copy(RowBatch row, RowBatchWriter batch) {
    UplinkRecord record = row.record(BootTimes.none());
    batch.add(
        row.seq(),
        row.partition(),
        row.offset(),
        row.capture(),
        record.mqttTopic(),
        record.mqttClient(),
        record.key(),
        record.value(),
        row.logRow().attributes());
    return record.value().length + record.mqttTopic().length() + 64L;
  }

  /** Those that were there, and what is given up now. */
  private void addGaps(Map<Integer, List<Gap>> gaps, Source source, Keeping keeping)
      throws SQLException {
    for (var entry : source.file().partitionNumbers().entrySet()) {
      StreamPartition partition = entry.getKey();
      int id = entry.getValue();
      long base = source.bases().getOrDefault(partition, 0L);
      long end = source.ends().getOrDefault(partition, base);
      List<Gap> known = gaps.computeIfAbsent(id, _ -> new ArrayList<>());
      long told = known.isEmpty() ? 0 : known.getLast().nextOffset();
      var here = new ArrayList<Gap>();
      for (Gap gap : source.file().gaps(partition)) {
        if (gap.firstOffset() >= told) { // else an interrupted merge has it already
          here.add(gap);
        }
      }
      List<OffsetRanges.Range> covered = ranges(here);
      covered.addAll(keeping.carried.getOrDefault(id, List.of()));
      OffsetRanges done = settled.getOrDefault(partition, OffsetRanges.EMPTY);
      for (OffsetRanges.Range hole : holes(Math.max(base, told), end, covered)) {
        boolean mayGo = !keeping.kept.contains(id);
        for (long from = hole.from(); from < hole.to(); ) {
          boolean isDone = done.contains(from);
          long to =
              Math.min(
                  hole.to(), isDone ? done.firstMissing(from) : done.endOfHole(from, hole.to()));
          if (isDone || mayGo) { // else it was damaged: what nobody names is told as that
            here.add(
                new Gap(
                    from, to, isDone ? GapReason.RETENTION : GapReason.DISK_FULL, 0, to - from));
          }
          from = to;
        }
      }
      here.sort(Comparator.comparingLong(Gap::firstOffset));
      known.addAll(here);
    }
  }

  private static List<OffsetRanges.Range> ranges(List<Gap> gaps) {
    var ranges = new ArrayList<OffsetRanges.Range>(gaps.size());
    for (Gap gap : gaps) {
      ranges.add(new OffsetRanges.Range(gap.firstOffset(), gap.nextOffset()));
    }
    return ranges;
  }

  /** What no range covers, in order. Sorts them: there may be as many as commits. */
  static List<OffsetRanges.Range> holes(long from, long to, List<OffsetRanges.Range> covered) {
    covered.sort(Comparator.comparingLong(OffsetRanges.Range::from));
    var holes = new ArrayList<OffsetRanges.Range>();
    long next = from;
    for (OffsetRanges.Range range : covered) {
      if (range.from() > next && next < to) {
        holes.add(new OffsetRanges.Range(next, Math.min(range.from(), to)));
      }
      next = Math.max(next, range.to());
    }
    if (next < to) {
      holes.add(new OffsetRanges.Range(next, to));
    }
    return holes;
  }

  /**
   * Puts the new file into the place of the first source. Its readers are closed.
   *
   * @return false if somebody else reads the old one, so that it must stay for now
   */
  static boolean replace(Path old, Path remains) throws SQLException, IOException {
    // A write-ahead log that stayed behind would be taken for the new file's.
    if (!withoutLog(old)) {
      return false;
    }
    Path folder = Objects.requireNonNull(old.toAbsolutePath().getParent());
    force(folder); // nor may it come back, or the journal of taking it away, by a power cut
    Files.move(remains, old, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    force(folder);
    return true;
  }

  private static boolean withoutLog(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet mode = statement.executeQuery("PRAGMA journal_mode=DELETE")) {
      return mode.next()
          && "delete".equalsIgnoreCase(mode.getString(1))
          && !Files.exists(Path.of(file + "-wal"));
    }
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
