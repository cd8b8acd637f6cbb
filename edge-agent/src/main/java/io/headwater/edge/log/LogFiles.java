package io.headwater.edge.log;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All files of a log, for reading. Guarded by itself: the forwarder reads, the writer adds and
 * deletes files.
 */
final class LogFiles implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogFiles.class);

  /** For so long a file is not looked at again that has too much in it which must stay. */
  private static final long PASSED_OVER_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Path folder;
  private final Set<Path> salvaged = new HashSet<>();
  private final TreeMap<Path, FileReader> readers = new TreeMap<>();
  private final Map<Path, Long> passedOver = new HashMap<>();
  private final DeviceClock clock;

  /**
   * @param clock by which readings get their times and their ages
   */
  LogFiles(Path folder, DeviceClock clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** Takes a file that is whole. */
  synchronized void add(Path path) throws SQLException {
    readers.put(path, FileReader.open(path).correctedBy(clock.boots()));
  }

  /** The file before another one. */
  synchronized Optional<Path> before(Path path) {
    return Optional.ofNullable(readers.lowerKey(path));
  }

  /**
   * How long ago the newest row of a file was taken at least, in milliseconds, as {@link
   * DeviceClock#leastAgeMs}: retention may go by it. 0 if it has no row, or is not there any more.
   */
  synchronized long leastAgeMs(Path path) throws SQLException {
    FileReader reader = readers.get(path);
    if (reader == null) {
      return 0;
    }
    try {
      return reader.newestCapture().map(clock::leastAgeMs).orElse(0L);
    } catch (SQLException e) {
      giveUp(reader, e);
      return 0; // what was salvaged is asked the next time
    }
  }

  /** The first offset that is kept of a partition; its end if nothing is. */
  synchronized long start(StreamPartition partition, long end) throws SQLException {
    for (FileReader reader : List.copyOf(readers.values())) {
      Long base = base(reader, partition);
      if (!isOpen(reader)) {
        return start(partition, end); // it may have been salvaged
      }
      if (base != null) {
        return Math.min(base, end);
      }
    }
    return end;
  }

  /**
   * A stretch from an offset on that fits into one batch; never empty while the offset is below the
   * end. What a damaged file held is a gap, and the file is put aside.
   *
   * @throws SQLException if the active file is damaged, or for a reason other than damage
   */
  synchronized LogSlice read(
      StreamPartition partition, long from, long end, int maxRecords, int maxBytes)
      throws SQLException {
    if (from >= end) {
      return new LogSlice(from, from, List.of(), List.of());
    }
    FileReader holder = null;
    long upper = end;
    for (FileReader reader : candidates(partition, from)) {
      Long base = base(reader, partition);
      if (!isOpen(reader)) {
        return read(partition, from, end, maxRecords, maxBytes); // it may have been salvaged
      }
      if (base != null && base > from) {
        upper = Math.min(base, end);
        break;
      }
      if (base != null) {
        holder = reader;
      }
    }
    if (holder == null) {
      return gapOnly(from, upper, GapReason.CORRUPT);
    }
    try {
      List<UplinkRecord> records = holder.read(partition, from, upper, maxRecords, maxBytes);
      long last = records.isEmpty() ? upper : records.getLast().offset() + 1;
      return slice(from, last, records, holder.gaps(partition, from, last)).ofOneBatch();
    } catch (SQLException e) {
      giveUp(holder, e);
      return read(partition, from, end, maxRecords, maxBytes); // of what was salvaged
    }
  }

  /**
   * Files of which one may hold an offset, oldest first: the newest alone if that offset is in it,
   * so that those who read what has just come do not have all files opened.
   */
  private List<FileReader> candidates(StreamPartition partition, long from) throws SQLException {
    FileReader newest = readers.lastEntry().getValue();
    Long base = base(newest, partition);
    return base != null && base <= from ? List.of(newest) : List.copyOf(readers.values());
  }

  /** The first offset of a row captured at a time or later; {@code end} if there is none. */
  long offsetSince(StreamPartition partition, long millis, long end) throws SQLException {
    List<Path> paths;
    synchronized (this) {
      paths = List.copyOf(readers.keySet());
    }
    for (Path path : paths) {
      // File by file, so that others may read in between; one may be deleted meanwhile.
      synchronized (this) {
        FileReader reader = readers.get(path);
        if (reader == null) {
          continue;
        }
        try {
          long found = reader.offsetSince(partition, millis);
          if (found >= 0) {
            return Math.min(found, end);
          }
        } catch (SQLException e) {
          giveUp(reader, e);
        }
      }
    }
    return end;
  }

  /**
   * Rows of all partitions from a seq on, in the order of writing; none if there is none.
   *
   * @throws SQLException if the active file is damaged, or for a reason other than damage
   */
  synchronized LogRows rows(long from, int maxRows, int maxBytes) throws SQLException {
    long next = from;
    for (FileReader reader : List.copyOf(readers.values())) {
      Path behind = readers.higherKey(reader.path());
      if (behind != null && LogFolder.baseSeq(behind) <= from) {
        continue;
      }
      next = Math.max(next, reader.baseSeq());
      try {
        List<LogRow> rows = reader.rows(next, maxRows, maxBytes);
        if (!rows.isEmpty()) {
          return new LogRows(rows, rows.getLast().seq() + 1, rows.getFirst().seq() - from);
        }
      } catch (SQLException e) {
        giveUp(reader, e);
        return rows(from, maxRows, maxBytes); // of what was salvaged, too
      }
      if (behind != null) {
        next = Math.max(next, LogFolder.baseSeq(behind));
      }
    }
    return new LogRows(List.of(), next, next - from);
  }

  /** Retained messages behind a topic, in the order of topics. */
  synchronized List<LogRow> retained(String after, String prefix, int maxRows, int maxBytes)
      throws SQLException {
    return readers.lastEntry().getValue().retained(after, prefix, maxRows, maxBytes);
  }

  /** The first row that is kept. */
  synchronized long firstSeq(long end) {
    return readers.isEmpty() ? end : readers.firstEntry().getValue().baseSeq();
  }

  /** Takes a file that is not written to any more; what is wrong with it shows when it is read. */
  synchronized void addSealed(Path path) {
    readers.put(path, FileReader.later(path).correctedBy(clock.boots()));
  }

  /**
   * Reads a file from end to end, beside whoever else reads it. If its structure is damaged, it is
   * given up; rows that are damaged are found by whoever reads them, and noted now.
   *
   * @throws SQLException for a reason other than damage
   */
  void verify(Path path) throws SQLException {
    FileReader others;
    synchronized (this) {
      others = readers.get(path);
    }
    LogOpening.putRight(path);
    try (var reader = FileReader.open(path)) {
      reader.survey(true, _ -> {}, _ -> {});
      Optional<String> damage = reader.structureDamage();
      if (damage.isPresent()) {
        throw DamagedFile.found(path + ": " + damage.get());
      }
    } catch (SQLException e) {
      synchronized (this) {
        // Another's means that they have found it meanwhile: what is there now is not this file.
        if (others != null && readers.get(path) == others) {
          giveUp(others, e);
        }
      }
    }
  }

  /** Puts a damaged file aside, and what can be read of it in its place. */
  private void salvage(Path path, SQLException cause) throws SQLException {
    // Once: what is damaged again has a reason that copying does not cure.
    if (salvaged.add(path) && Salvage.replace(folder, path, cause)) {
      add(path);
    } else {
      LogFolder.putAside(path, cause);
    }
  }

  /** Gives a damaged file up, unless it is the one that is being written. */
  private void giveUp(FileReader reader, SQLException cause) throws SQLException {
    if (!DamagedFile.is(cause) || isActive(reader)) {
      throw cause;
    }
    readers.remove(reader.path());
    closeQuietly(reader);
    salvage(reader.path(), cause);
  }

  private boolean isActive(FileReader reader) {
    return reader.path().equals(readers.lastKey());
  }

  private static LogSlice gapOnly(long from, long to, GapReason reason) {
    return new LogSlice(from, to, List.of(), List.of(new Gap(from, to, reason, 0, to - from)));
  }

  /** Fills what is missing between the records, by the reasons on file. */
  private static LogSlice slice(long from, long to, List<UplinkRecord> records, List<Gap> known) {
    var gaps = new ArrayList<Gap>();
    long expected = from;
    for (UplinkRecord record : records) {
      fill(expected, record.offset(), known, gaps);
      expected = record.offset() + 1;
    }
    fill(expected, to, known, gaps);
    return new LogSlice(from, to, records, gaps);
  }

  private static void fill(long from, long to, List<Gap> known, List<Gap> gaps) {
    long next = from;
    for (Gap gap : known) {
      long first = Math.max(gap.firstOffset(), next);
      long end = Math.min(gap.nextOffset(), to);
      if (first >= end) {
        continue;
      }
      if (first > next) {
        gaps.add(new Gap(next, first, GapReason.CORRUPT, 0, first - next));
      }
      gaps.add(new Gap(first, end, gap.reason(), 0, end - first));
      next = end;
    }
    if (next < to) {
      gaps.add(new Gap(next, to, GapReason.CORRUPT, 0, to - next));
    }
  }

  /** False of one that was given up, also if another reads what was salvaged of its file. */
  private boolean isOpen(FileReader reader) {
    return readers.get(reader.path()) == reader;
  }

  private @Nullable Long base(FileReader reader, StreamPartition partition) throws SQLException {
    try {
      return reader.base(partition, isActive(reader));
    } catch (SQLException e) {
      giveUp(reader, e);
      return null;
    }
  }

  private Map<StreamPartition, Long> bases(FileReader reader) throws SQLException {
    try {
      return reader.bases();
    } catch (SQLException e) {
      giveUp(reader, e);
      return Map.of();
    }
  }

  synchronized long bytes() {
    long bytes = 0;
    for (Path path : readers.keySet()) {
      bytes += size(path) + size(Path.of(path + "-wal")) + size(Path.of(path + "-shm"));
    }
    return bytes;
  }

  private static long size(Path path) {
    try {
      return Files.exists(path) ? Files.size(path) : 0;
    } catch (IOException _) {
      return 0;
    }
  }

  /** Which settled files are deleted. Asked for one after the other, the oldest first. */
  interface Excess {
    /**
     * @param oldest the file
     * @param bytes of all files
     */
    boolean isTooMuch(Path oldest, long bytes) throws SQLException;
  }

  /**
   * Deletes settled files from the front while there is too much. The newest two stay: the one
   * before the active file is its fallback.
   *
   * @param holds readers that keep a file they have not read, as long as they may
   * @return whether any was deleted
   */
  synchronized boolean applyRetention(
      Excess excess, Map<StreamPartition, OffsetRanges> settled, List<LogHold> holds)
      throws SQLException {
    boolean deleted = false;
    while (readers.size() > 2) {
      var files = List.copyOf(readers.values());
      FileReader oldest = files.getFirst();
      long bytes = bytes();
      long end = files.get(1).baseSeq();
      if (!excess.isTooMuch(oldest.path(), bytes)) {
        return deleted;
      }
      Map<StreamPartition, Long> bases = bases(oldest);
      Map<StreamPartition, Long> nextBases = bases(files.get(1));
      if (!isOpen(oldest) || !isOpen(files.get(1))) {
        continue; // damaged: what was salvaged, if anything, has its bases in another reader
      }
      if (!isSettled(bases, nextBases, settled)) {
        return deleted;
      }
      for (LogHold hold : holds) {
        if (hold.neededSeq() < end && bytes <= hold.mostBytes()) {
          return deleted;
        }
      }
      readers.remove(oldest.path());
      closeQuietly(oldest);
      LogFolder.delete(oldest.path());
      deleted = true;
    }
    return deleted;
  }

  /**
   * Gives up readings that the hub does not have: those of the oldest file that has such as may be
   * given up. The active one stays.
   *
   * @param mostCarried bytes of readings that must stay which may be copied; a file with more is
   *     passed over for a minute
   * @return how many; 0 if there are none
   * @throws SQLException if what is left of the file cannot be written; then it stays
   */
  synchronized long giveUpOldest(Map<StreamPartition, OffsetRanges> settled, long mostCarried)
      throws SQLException {
    var remains = new FileRemains(settled, mostCarried);
    var files = List.copyOf(readers.values());
    for (int i = 0; i + 1 < files.size(); i++) {
      FileReader file = files.get(i);
      if (passedOver.getOrDefault(file.path(), Long.MIN_VALUE) > System.nanoTime()) {
        continue;
      }
      var source = new FileRemains.Source(file, bases(file), bases(files.get(i + 1)));
      if (!isOpen(file) || !isOpen(files.get(i + 1))) {
        return giveUpOldest(settled, mostCarried); // they may have been salvaged
      }
      long readings = remains.droppable(source);
      if (readings == 0) {
        continue;
      }
      var sources = new ArrayList<FileRemains.Source>();
      if (i > 0 && files.get(i - 1).isRemains()) {
        var before =
            new FileRemains.Source(files.get(i - 1), bases(files.get(i - 1)), source.bases());
        if (FileRemains.agree(before, source)) {
          sources.add(before);
        }
      }
      sources.add(source);
      // Should the active file be lost, the one before it takes its place.
      boolean isFallback = i + 2 == files.size();
      if (giveUp(remains, sources, isFallback)) {
        return readings;
      }
      passedOver.put(file.path(), System.nanoTime() + PASSED_OVER_NANOS);
    }
    return 0;
  }

  /** Whether the active file has readings that might be given up if it was another's turn. */
  synchronized boolean mayGiveUpActive(
      Map<StreamPartition, OffsetRanges> settled, Map<StreamPartition, Long> ends)
      throws SQLException {
    FileReader active = readers.lastEntry().getValue();
    // Its bases are read anew: partitions come.
    return new FileRemains(settled, 0)
            .droppable(new FileRemains.Source(active, bases(active), ends))
        > 0;
  }

  private boolean giveUp(FileRemains remains, List<FileRemains.Source> sources, boolean isFallback)
      throws SQLException {
    Path first = sources.getFirst().file().path();
    try {
      Optional<Path> written = remains.write(sources, isFallback);
      if (written.isEmpty()) {
        // Those before have taken what may be carried: by itself the file may fit.
        return sources.size() > 1 && giveUp(remains, List.of(sources.getLast()), isFallback);
      }
      closeQuietly(readers.get(first));
      boolean replaced;
      try {
        replaced = FileRemains.replace(first, written.get());
      } finally {
        Files.deleteIfExists(written.get());
        add(first);
      }
      for (FileRemains.Source source : sources.subList(1, sources.size())) {
        if (replaced) {
          readers.remove(source.file().path());
          closeQuietly(source.file());
          LogFolder.delete(source.file().path());
        }
      }
      return replaced;
    } catch (IOException e) {
      throw new SQLException(e);
    }
  }

  private static boolean isSettled(
      Map<StreamPartition, Long> bases,
      Map<StreamPartition, Long> nextBases,
      Map<StreamPartition, OffsetRanges> settled) {
    return bases.entrySet().stream()
        .allMatch(entry -> {
          Long end = nextBases.get(entry.getKey());
          return end != null
              && (end.equals(entry.getValue())
                  || settled
                      .getOrDefault(entry.getKey(), OffsetRanges.EMPTY)
                      .covers(entry.getValue(), end));
        });
  }

  private static void closeQuietly(@Nullable FileReader reader) {
    try {
      if (reader != null) {
        reader.close();
      }
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("A reader did not close");
    }
  }

  @Override
  public synchronized void close() {
    readers.values().forEach(LogFiles::closeQuietly);
    readers.clear();
  }
}
