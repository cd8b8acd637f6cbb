package io.headwater.edge.log;

import io.headwater.edge.log.WhenFull.Kind;
import io.headwater.uplink.GapReason;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much room the log has, and what follows from it for a reading. Confined to the writer's
 * thread; what others may ask is said there.
 *
 * <p>Room is what is left below the log's own limit and above the card's free space, without the
 * reserve. Where others have taken the free space, the log keeps what it had by then. Once it is
 * used up the log is full, also if only SQLite says so, and stays it until the reserve is whole
 * again and some room is there beside it.
 *
 * <p>While the log is full the reserve pays for what it grows by: log and reserve together take no
 * more than they did.
 */
final class Room {
  private static final Logger LOGGER = LoggerFactory.getLogger(Room.class);

  /** How far the log is from being full. */
  enum Level {
    AMPLE,
    SCARCE,
    FULL
  }

  private static final long SHARE_OF_CARD = 16;

  /** Of all that the log can take: so much must be free before it is full no more. */
  private static final long MARGIN_SHARE = 32;

  private static final long MOST_MARGIN = 4 << 20;

  /** What a commit takes beside its rows: some pages ahead of the file. */
  static final long COMMIT_OVERHEAD = 16 << 10;

  private static final long BELIEVED_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** SQLite's own, and the least that makes sense. */
  private static final int CHECKPOINT_PAGES = 1000;

  private static final int LEAST_CHECKPOINT_PAGES = 16;

  private static final int PAGE_BYTES = 4096;

  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final FileStore card;
  private final SpaceSettings settings;
  private final Reserve reserve;
  private final LongSupplier logBytes;
  private final Decimation decimation = new Decimation();

  private volatile Level level = Level.AMPLE;
  private volatile long left;
  private volatile long fullSinceNanos;
  private volatile String cause = "";
  private volatile boolean hasRefused;
  private long timesFull;
  private boolean foundFull;
  private long reserveSize;
  private long margin;
  private long bytes;

  /** Log and reserve together, since the log is full. */
  private long together;

  /** The same, since others have taken the card's free space; 0 while they have not. */
  private long footprint;

  private long toldNanos = System.nanoTime() - QUIET_NANOS;
  private boolean told;

  /**
   * @param logBytes what the log's files take
   */
  Room(Path folder, SpaceSettings settings, Reserve reserve, LongSupplier logBytes)
      throws IOException {
    this.card = Files.getFileStore(folder);
    this.settings = settings;
    this.reserve = reserve;
    this.logBytes = logBytes;
  }

  /** From any thread: whether a reading is refused that would be acknowledged once it is queued. */
  boolean refusesAtOnce(Append append) {
    boolean refused =
        append.durability() == Durability.MEMORY
            && level == Level.FULL
            && (append.whenFull().kind() == Kind.REJECT || append.whenFull().mayBeDropped());
    hasRefused |= refused;
    return refused;
  }

  /** From any thread: bytes for ordinary readings. Below 0 while the reserve is in use. */
  long left() {
    return left;
  }

  /** From any thread: why readings are being refused; empty if none are. */
  Optional<String> problem() {
    if (level != Level.FULL || !hasRefused) {
      return Optional.empty();
    }
    return Optional.of(
        "the log has been full for "
            + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - fullSinceNanos)
            + " s ("
            + cause
            + ") and readings are refused; make room on the disk, or let the route give some up"
            + " (when-full)");
  }

  /** Looks how things are; returns what is left. */
  long measure() {
    long usable = Long.MAX_VALUE;
    long total = Long.MAX_VALUE;
    try {
      usable = card.getUsableSpace();
      total = card.getTotalSpace();
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).log("The card's free space cannot be read");
    }
    bytes = logBytes.getAsLong();
    long free = Math.min(settings.free().bytes(), total / SHARE_OF_CARD);
    reserveSize = Math.min(settings.reserve().bytes(), total / SHARE_OF_CARD);
    long byCard = byCard(usable, free);
    long byLimit =
        settings
            .limit()
            .map(limit -> limit.bytes() - bytes - reserve.held())
            .orElse(Long.MAX_VALUE);
    left = Math.min(byCard, byLimit);
    margin = Math.clamp((bytes + Math.max(0, left)) / MARGIN_SHARE, 1, MOST_MARGIN);
    if (left <= 0) {
      full(byCard <= byLimit ? "log.space.free" : "log.space.limit");
    } else if (level != Level.FULL || (!isFoundFull() && refilled())) {
      setLevel(left < settings.scarce().bytes() ? Level.SCARCE : Level.AMPLE);
    }
    return left;
  }

  /**
   * Once others have taken what should be free, what the log itself has given back is all that
   * there is for it, until they have made room beside that.
   */
  private long byCard(long usable, long free) {
    long held = bytes + reserve.held();
    long givenBack = footprint == 0 ? 0 : footprint - held;
    if (usable - Math.max(0, givenBack) > free) {
      footprint = 0;
      return usable - free;
    }
    if (footprint == 0) {
      footprint = held;
    }
    return Math.min(usable, givenBack);
  }

  /** What SQLite has found counts for a while, whatever is measured, unless something has gone. */
  private boolean isFoundFull() {
    return foundFull && System.nanoTime() - fullSinceNanos < BELIEVED_NANOS;
  }

  /** Files have gone, or a new one was begun. */
  void freed() {
    foundFull = false;
  }

  /** Whether the log may be full no more. */
  private boolean refilled() {
    long needed = Math.max(0, reserveSize - reserve.held());
    long beside = left - needed;
    if (beside < margin || !reserve.fill(reserveSize)) {
      return false;
    }
    left = beside;
    return true;
  }

  /** Makes the reserve, if there is room for it. */
  void open() {
    if (measure() > 0 && level != Level.FULL && !refilled()) {
      full("there is no room for the reserve");
    }
  }

  /** How often it has become full. */
  long timesFull() {
    return timesFull;
  }

  /** What the hub has goes then, rather than what it has not. */
  boolean isScarce() {
    return level == Level.SCARCE;
  }

  /** Whether it is, or would be again soon. */
  boolean isNearlyScarce() {
    return level != Level.FULL && measure() < settings.scarce().bytes() + margin;
  }

  boolean isFull() {
    return level == Level.FULL;
  }

  /** Whether as much may be used up that it is time to look. */
  boolean isToBeMeasured() {
    return level == Level.FULL
        || left <= 0
        || (level == Level.AMPLE && left < settings.scarce().bytes());
  }

  /**
   * After how many pages the write-ahead log goes into the file. The reserve must have room for all
   * of it once the disk is full, and pays for what it grows by then.
   */
  int checkpointPages() {
    return isFull()
        ? LEAST_CHECKPOINT_PAGES
        : Math.toIntExact(
            Math.clamp(reserveSize / 2 / PAGE_BYTES, LEAST_CHECKPOINT_PAGES, CHECKPOINT_PAGES));
  }

  /**
   * A new file takes some room before it has a row. Where only SQLite finds no room, it may be this
   * file alone that cannot grow.
   */
  boolean allowsNewFile() {
    return !isFull() || (foundFull && left > margin);
  }

  /** What the log has grown by since it is full was no reading: it does not go to the reserve. */
  void settleDown() {
    bytes = logBytes.getAsLong();
    together = bytes + reserve.held();
  }

  /** A commit has taken some. */
  void used(long rowBytes) {
    left = left - 2 * rowBytes - COMMIT_OVERHEAD;
    if (level == Level.FULL) {
      pay();
    }
  }

  /** Gives back of the reserve what the log has grown by. */
  private void pay() {
    bytes = logBytes.getAsLong();
    reserve.release(reserve.held() + bytes - together);
  }

  /**
   * True if it was not before.
   *
   * @param why as in what a user may change
   */
  private boolean full(String why) {
    if (level == Level.FULL) {
      return false;
    }
    cause = why;
    fullSinceNanos = System.nanoTime();
    hasRefused = false;
    timesFull++;
    bytes = logBytes.getAsLong();
    together = bytes + reserve.held();
    left = Math.min(left, 0);
    setLevel(Level.FULL);
    return true;
  }

  /** SQLite found the disk full; true if that is news. */
  boolean foundFull() {
    boolean isNews = full("the disk is full");
    foundFull |= isNews;
    return isNews;
  }

  /** SQLite has no room for what must be written: gives it some; false if there is none to give. */
  boolean giveFor(long rowBytes) {
    long piece = Math.max(reserveSize / SHARE_OF_CARD, 2 * rowBytes + 2 * COMMIT_OVERHEAD);
    return reserve.release(piece) > 0;
  }

  private void setLevel(Level next) {
    boolean wasFull = level == Level.FULL;
    level = next;
    if (next == Level.AMPLE) {
      decimation.clear();
    }
    long now = System.nanoTime();
    if (next == Level.FULL && !wasFull && now - toldNanos >= QUIET_NANOS) {
      toldNanos = now;
      told = true;
      LOGGER
          .atWarn()
          .addKeyValue("cause", cause)
          .addKeyValue("bytes", bytes)
          .addKeyValue("reserve", reserve.held())
          .log("The log is full: each route's when-full says what becomes of its readings");
    } else if (next != Level.FULL && wasFull && told) {
      told = false;
      LOGGER.atInfo().addKeyValue("room", left).log("The log has room again");
    }
  }

  /** Whether a reading is refused. */
  boolean refuses(Append append) {
    if (level != Level.FULL || append.durability() == Durability.MEMORY) {
      return false; // the latter are acknowledged already: the reserve is for them, too
    }
    boolean refused =
        switch (append.whenFull().kind()) {
          case REJECT, DROP_OLDEST -> true;
          // The last of the reserve is for gaps, settled ranges and sessions.
          case CRITICAL -> reserve.held() <= reserveSize / 4;
          case DROP_NEWEST, DECIMATE -> false;
        };
    hasRefused |= refused;
    return refused;
  }

  /** Why a reading that is not refused is given up; empty if it is written. */
  Optional<GapReason> discards(Append append) {
    Kind kind = append.whenFull().kind();
    if (level == Level.FULL && (kind == Kind.DROP_NEWEST || kind == Kind.DECIMATE)) {
      return Optional.of(GapReason.DISK_FULL);
    }
    return level == Level.SCARCE && kind == Kind.DECIMATE && !decimation.keeps(append)
        ? Optional.of(GapReason.DECIMATED)
        : Optional.empty();
  }

  /** Bytes of readings that must stay which may be copied, so that others of their file can go. */
  long carried() {
    return reserve.held() / 4;
  }

  /** The size of a file, of which some shall fit: only whole ones can be given up. */
  long fileSize(long wanted) {
    return Math.clamp((bytes + Math.max(0, left)) / 8, 1 << 16, wanted);
  }
}
