package io.headwater.edge.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rows of an SQLite file that SQLite refuses: every page that looks like a leaf of a table is
 * taken for one, whether a way leads to it or not. Nothing says that a row found here is right, or
 * of which table it is: whoever reads must know its own by a checksum.
 *
 * <p>Pages of the write-ahead log count as they would after a recovery, also those behind a damaged
 * one. Layouts: <a href="https://www.sqlite.org/fileformat2.html">Database File Format</a>, 1.6 and
 * 2.1 for leaves and records, 4.1 for the log. Not thread-safe.
 */
final class DamagedPages implements AutoCloseable {
  /** SQLite's own, which our files have. */
  private static final int PAGE = 4096;

  private static final int FILE_HEADER = 100;
  private static final int TABLE_LEAF = 0x0D;
  private static final int LEAF_HEADER = 8;
  private static final int AHEAD_HEADER = 32;
  private static final int FRAME_HEADER = 24;
  private static final int LARGEST_LOCAL = PAGE - 35;
  private static final int SMALLEST_LOCAL = (PAGE - 12) * 32 / 255 - 23;
  private static final int CHAINED = PAGE - 4;
  private static final int FIRST_BLOB_TYPE = 12;

  /**
   * A row of some table.
   *
   * @param blobs its columns that are blobs
   */
  record Row(long rowid, List<byte[]> blobs) {}

  /** Takes rows. */
  interface RowConsumer {
    void accept(Row row) throws SQLException;
  }

  private final FileChannel file;
  private final @Nullable FileChannel ahead;

  /** No row is larger than all pages together. */
  private final long mostBytes;

  /** Where the newest version of a page stands in {@code ahead}. */
  private final Map<Integer, Long> newer = new TreeMap<>();

  /**
   * @param path of the file
   * @param beside its write-ahead log, which need not be there
   */
  DamagedPages(Path path, Path beside) throws IOException {
    file = FileChannel.open(path);
    try {
      ahead = Files.exists(beside) ? FileChannel.open(beside) : null;
      mostBytes = file.size() + (ahead == null ? 0 : ahead.size());
      if (ahead != null) {
        indexFrames(ahead);
      }
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** Of older rounds of the log, which have another salt, nothing is taken. */
  private void indexFrames(FileChannel frames) throws IOException {
    Optional<ByteBuffer> first = read(frames, 0, AHEAD_HEADER);
    long salt = first.map(header -> header.getLong(16)).orElse(0L);
    for (long at = AHEAD_HEADER; at < frames.size(); at += FRAME_HEADER + PAGE) {
      Optional<ByteBuffer> header = read(frames, at, FRAME_HEADER);
      if (header.isPresent() && header.get().getLong(8) == salt) {
        newer.put(header.get().getInt(0), at + FRAME_HEADER);
      }
    }
  }

  /** Goes through all rows that can be read; some may come twice. */
  void forEach(RowConsumer each) throws IOException, SQLException {
    long inFile = file.size() / PAGE;
    for (int number = 1; number <= inFile; number++) {
      rows(number, each);
    }
    for (int number : newer.keySet()) {
      if (number > inFile) {
        rows(number, each);
      }
    }
  }

  private Optional<ByteBuffer> page(int number) {
    Long frame = newer.get(number);
    if (frame != null && ahead != null) {
      return read(ahead, frame, PAGE);
    }
    return number < 1 ? Optional.empty() : read(file, (number - 1L) * PAGE, PAGE);
  }

  /** Empty where the file ends before, and where the medium cannot be read. */
  private static Optional<ByteBuffer> read(FileChannel from, long at, int length) {
    ByteBuffer into = ByteBuffer.allocate(length);
    try {
      while (into.hasRemaining()) {
        if (from.read(into, at + into.position()) < 0) {
          return Optional.empty();
        }
      }
      return Optional.of(into.flip());
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private void rows(int number, RowConsumer each) throws SQLException {
    Optional<ByteBuffer> found = page(number);
    if (found.isEmpty()) {
      return;
    }
    ByteBuffer page = found.get();
    int header = number == 1 ? FILE_HEADER : 0;
    if (page.get(header) != TABLE_LEAF) {
      return;
    }
    int cells = Short.toUnsignedInt(page.getShort(header + 3));
    for (int cell = 0; cell < cells; cell++) {
      int pointer = header + LEAF_HEADER + 2 * cell;
      if (pointer + 2 > PAGE) {
        return;
      }
      Optional<Row> row = row(page, Short.toUnsignedInt(page.getShort(pointer)));
      if (row.isPresent()) {
        each.accept(row.get());
      }
    }
  }

  private Optional<Row> row(ByteBuffer page, int at) {
    try {
      ByteBuffer in = page.duplicate().position(at);
      long size = number(in);
      long rowid = number(in);
      return size < 1 || size > Math.min(mostBytes, Integer.MAX_VALUE - PAGE)
          ? Optional.empty()
          : payload(in, (int) size).map(payload -> columns(rowid, payload));
    } catch (RuntimeException _) {
      // Not a row after all: a length or a place leads out of the page.
      return Optional.empty();
    }
  }

  /** What stands in the leaf and in the pages chained to it. */
  private Optional<ByteBuffer> payload(ByteBuffer in, int size) {
    int local = size;
    if (size > LARGEST_LOCAL) {
      int fitting = SMALLEST_LOCAL + (size - SMALLEST_LOCAL) % CHAINED;
      local = fitting <= LARGEST_LOCAL ? fitting : SMALLEST_LOCAL;
    }
    // Grows with what is there: a length that is none must not cost the memory.
    var payload = new ByteArrayOutputStream(Math.min(size, 1 << 20));
    payload.write(in.array(), in.arrayOffset() + in.position(), local);
    int next = local == size ? 0 : in.getInt(in.position() + local);
    while (payload.size() < size) {
      Optional<ByteBuffer> page = page(next);
      if (page.isEmpty()) {
        return Optional.empty();
      }
      next = page.get().getInt();
      payload.write(page.get().array(), Integer.BYTES, Math.min(CHAINED, size - payload.size()));
    }
    return Optional.of(ByteBuffer.wrap(payload.toByteArray()));
  }

  private static Row columns(long rowid, ByteBuffer payload) {
    int headerEnd = Math.toIntExact(number(payload));
    ByteBuffer types = payload.duplicate().limit(headerEnd);
    ByteBuffer body = payload.duplicate().position(headerEnd);
    var blobs = new ArrayList<byte[]>();
    while (types.hasRemaining()) {
      long type = number(types);
      byte[] value = new byte[size(type)];
      body.get(value);
      if (type >= FIRST_BLOB_TYPE && type % 2 == 0) {
        blobs.add(value);
      }
    }
    return new Row(rowid, blobs);
  }

  private static int size(long type) {
    if (type >= FIRST_BLOB_TYPE) {
      return Math.toIntExact((type - FIRST_BLOB_TYPE) / 2);
    }
    return switch ((int) type) {
      case 1, 2, 3, 4 -> (int) type;
      case 5 -> 6;
      case 6, 7 -> 8;
      default -> 0;
    };
  }

  /** SQLite's variable length: seven bits a byte, highest first, of the ninth all eight. */
  private static long number(ByteBuffer in) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      byte next = in.get();
      value = value << 7 | (next & 0x7F);
      if (next >= 0) {
        return value;
      }
    }
    return value << 8 | (in.get() & 0xFF);
  }

  @Override
  public void close() throws IOException {
    file.close();
    if (ahead != null) {
      ahead.close();
    }
  }
}
