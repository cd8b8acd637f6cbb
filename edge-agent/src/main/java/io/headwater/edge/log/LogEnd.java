package io.headwater.edge.log;

import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the log goes, noted once more beside its files: SQLite takes a damaged write-ahead log
 * for one that ends there, and forgets every commit behind without a word.
 *
 * <p>Written after each commit, before anybody hears of it, and not forced to disk: it costs a
 * write into the page cache. So it is exact as long as the device has not been without power since,
 * and after a stop in order; otherwise the log goes at least as far as was forced by then.
 *
 * <pre>
 * log.end    slots of 40 bytes: CRC-32C of the rest, and
 *   first    flags (1: closed in order), epoch, boot, next seq, next seq of what was forced
 *   others   of the partition with that number: CRC-32C of its name, epoch, next offset, next
 *            offset of what was forced, 0
 * </pre>
 *
 * <p>Confined to the writer's thread once the log is open.
 */
final class LogEnd implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogEnd.class);
  private static final String NAME = "log.end";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final int SLOT = 40;
  private static final int IN_ORDER = 1;

  /** Slots for which there is room on the disk from the beginning. */
  private static final int ROOM = 4096 / SLOT;

  /**
   * What was noted.
   *
   * @param isInOrder whether the last stop was
   * @param isExact whether the log cannot have gone further
   */
  record Noted(boolean isInOrder, boolean isExact, long nextSeq, Map<Integer, Slot> slots) {
    static final Noted NOTHING = new Noted(false, false, 0, Map.of());

    /** The end of a partition; 0 if it is not known. */
    long nextOffset(StreamPartition partition, int number) {
      Slot slot = slots.get(number);
      return slot == null || slot.name() != nameOf(partition) ? 0 : slot.nextOffset();
    }

    /** Whether a state lacks something of this. */
    boolean isAheadOf(LogState state) {
      var reached = new HashMap<Integer, Long>();
      state
          .partitions()
          .values()
          .forEach(counter -> reached.put(counter.id(), counter.nextOffset()));
      return nextSeq > state.nextSeq()
          || slots.entrySet().stream()
              .anyMatch(
                  slot -> slot.getValue().nextOffset() > reached.getOrDefault(slot.getKey(), 0L));
    }

    /** Not below the end of any partition. */
    long highestOffset() {
      return slots.values().stream().mapToLong(Slot::nextOffset).max().orElse(0);
    }
  }

  /**
   * Of a partition.
   *
   * @param name checksum of its name
   */
  record Slot(int name, long nextOffset) {}

  /** How far a partition is written and forced. */
  private record Ends(long committed, long forced) {}

  private final Path path;
  private final FileChannel channel;
  private final long boot;
  private ByteBuffer slots = ByteBuffer.allocate(ROOM * SLOT);
  private final Map<StreamPartition, Ends> ends = new HashMap<>();
  private long forcedSeq;
  private boolean broken;

  private LogEnd(Path path, FileChannel channel, long boot) {
    this.path = path;
    this.channel = channel;
    this.boot = boot;
  }

  /** Which start of the device this is; one that never was before where nothing tells. */
  static long boot() {
    try {
      UUID id = UUID.fromString(Files.readString(BOOT_ID).strip());
      return id.getMostSignificantBits() ^ id.getLeastSignificantBits();
    } catch (IOException | IllegalArgumentException _) {
      return new SecureRandom().nextLong();
    }
  }

  /** What the last opening noted of the log with this epoch. */
  static Noted read(Path folder, long epoch, long boot) {
    ByteBuffer in;
    try {
      in = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(NAME)));
    } catch (IOException _) {
      return Noted.NOTHING; // a log of an older agent, or one whose end is unknown
    }
    boolean exact = isWhole(in, 0) && (isInOrder(in) || in.getLong(16) == boot);
    if (!isWhole(in, 0) || in.getLong(8) != epoch) {
      return Noted.NOTHING;
    }
    var slots = new HashMap<Integer, Slot>();
    int place = exact ? 16 : 24;
    for (int number = 1; (number + 1) * SLOT <= in.capacity(); number++) {
      int at = number * SLOT;
      if (isWhole(in, at) && in.getLong(at + 8) == epoch) {
        slots.put(number, new Slot(in.getInt(at + 4), in.getLong(at + place)));
      } else if (!isEmpty(in, at)) {
        exact = false;
      }
    }
    return new Noted(isInOrder(in), exact, in.getLong(place + 8), slots);
  }

  private static boolean isInOrder(ByteBuffer slots) {
    return (slots.getInt(4) & IN_ORDER) != 0;
  }

  private static boolean isWhole(ByteBuffer slots, int at) {
    return slots.capacity() >= at + SLOT && slots.getInt(at) == checksum(slots, at);
  }

  private static boolean isEmpty(ByteBuffer slots, int at) {
    return slots.slice(at, SLOT).equals(ByteBuffer.allocate(SLOT));
  }

  /**
   * Begins to note the end of a log that has just been opened.
   *
   * @param boot which start of the device this is
   */
  static LogEnd open(Path folder, LogState state, long boot) throws IOException {
    Path path = folder.resolve(NAME);
    var end =
        new LogEnd(
            path,
            FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            boot);
    try {
      end.channel.truncate(0);
      end.begin(state);
    } catch (IOException e) {
      end.giveUp(e);
    }
    return end;
  }

  /** Writes all of it, and gets the room for it. */
  private void begin(LogState state) throws IOException {
    ends.clear();
    fill(state, true, 0);
    write(slots.capacity());
    channel.force(true);
  }

  /** Notes that the log has got another epoch, and that all that is committed is forced. */
  void renew(LogState state) {
    if (broken) {
      return;
    }
    try {
      begin(state);
    } catch (IOException e) {
      giveUp(e);
    }
  }

  /** Notes the end of what has just been committed, and whether all of it was forced to disk. */
  void note(LogState state, boolean forced) {
    if (broken) {
      return;
    }
    try {
      int before = slots.capacity();
      int behind = fill(state, forced, 0);
      if (slots.capacity() > before) {
        write(slots.capacity());
        channel.force(true); // later ones must find room on a full disk
      } else {
        write(behind);
      }
    } catch (IOException e) {
      giveUp(e);
    }
  }

  /** An end that stays behind would be taken for exact. */
  private void giveUp(IOException cause) {
    broken = true;
    LOGGER
        .atWarn()
        .addKeyValue("file", path)
        .addKeyValue("error", cause.getMessage())
        .log("The log's end cannot be noted; until the next start damage is told less exactly");
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOGGER.atWarn().addKeyValue("file", path).setCause(e).log("It cannot be deleted either");
    }
  }

  /** Brings the slots up to the state; the place behind the last one that has changed. */
  private int fill(LogState state, boolean forced, int flags) {
    int behind = SLOT;
    for (var entry : state.partitions().entrySet()) {
      long committed = entry.getValue().nextOffset();
      Ends before = ends.get(entry.getKey());
      var now = new Ends(committed, forced ? committed : before == null ? 0 : before.forced());
      if (now.equals(before)) {
        continue;
      }
      ends.put(entry.getKey(), now);
      int at = entry.getValue().id() * SLOT;
      room(at + SLOT);
      slot(at, nameOf(entry.getKey()), state.epoch(), now.committed(), now.forced(), 0);
      behind = Math.max(behind, at + SLOT);
    }
    forcedSeq = forced ? state.nextSeq() : forcedSeq;
    slot(0, flags, state.epoch(), boot, state.nextSeq(), forcedSeq);
    return behind;
  }

  private void slot(int at, int small, long first, long second, long third, long fourth) {
    slots.putInt(at + 4, small).putLong(at + 8, first).putLong(at + 16, second);
    slots.putLong(at + 24, third).putLong(at + 32, fourth);
    slots.putInt(at, checksum(slots, at));
  }

  private void room(int size) {
    while (slots.capacity() < size) {
      slots = ByteBuffer.allocate(2 * slots.capacity()).put(slots.clear());
    }
  }

  private void write(int length) throws IOException {
    ByteBuffer part = slots.duplicate().clear().limit(length);
    while (part.hasRemaining()) {
      channel.write(part, part.position());
    }
  }

  /**
   * Notes that nothing comes any more.
   *
   * @param inOrder whether all that the state says is known to be there
   */
  void close(LogState state, boolean inOrder) throws IOException {
    try (this) {
      if (inOrder && !broken) {
        write(fill(state, true, IN_ORDER));
        channel.force(true);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static int checksum(ByteBuffer slots, int at) {
    var crc = new CRC32C();
    crc.update(slots.slice(at + Integer.BYTES, SLOT - Integer.BYTES));
    return (int) crc.getValue();
  }

  private static int nameOf(StreamPartition partition) {
    var crc = new CRC32C();
    crc.update(partition.toString().getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue();
  }
}
