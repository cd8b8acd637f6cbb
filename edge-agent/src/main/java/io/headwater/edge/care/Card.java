package io.headwater.edge.care;

import io.headwater.process.ByteSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The card or disk that a folder is on, or will be. */
public final class Card {
  private static final String ROOM = "disk room";
  private static final String SPEED = "disk speed";
  private static final int PAGE = 4096;
  private static final int RUN = 1 << 20;

  /** A commit waits for one: above it sensors wait noticeably. */
  private static final double SLOW_MILLIS = 30;

  /** Of worn cards. The watchdog waits for a minute. */
  private static final double STALL_MILLIS = 2_000;

  private final Path folder;
  private final Path there;

  /**
   * @param folder which need not be there yet
   */
  public Card(Path folder) {
    this.folder = folder.toAbsolutePath();
    Path nearest = this.folder;
    while (!Files.isDirectory(nearest) && nearest.getParent() != null) {
      nearest = nearest.getParent();
    }
    this.there = nearest;
  }

  /**
   * Whether there is room, and whether it lasts.
   *
   * @param needed bytes that must be free for readings to be taken
   * @param scarce bytes below which the log begins to save room
   */
  public List<Finding> room(long needed, long scarce) {
    var findings = new ArrayList<Finding>();
    try {
      FileStore store = Files.getFileStore(there);
      long usable = store.getUsableSpace();
      String has =
          "%s of %s on %s (%s) are free"
              .formatted(
                  megabytes(usable), megabytes(store.getTotalSpace()), store.name(), store.type());
      if (store.isReadOnly()) {
        findings.add(
            Finding.failed(ROOM, folder + " is on a file system that cannot be written; " + has));
      } else if (usable < needed) {
        findings.add(
            Finding.failed(
                ROOM,
                has
                    + "; the log needs "
                    + new ByteSize(needed)
                    + " (log.space.free, log.space.reserve): make room"));
      } else if (usable < scarce) {
        findings.add(
            Finding.warning(ROOM, has + "; below " + new ByteSize(scarce) + " it saves room"));
      } else {
        findings.add(Finding.ok(ROOM, has));
      }
      if (store.type().equals("tmpfs") || store.type().equals("ramfs")) {
        findings.add(
            Finding.warning(
                ROOM, folder + " is in memory: readings do not outlast the power; choose another"));
      }
    } catch (IOException e) {
      findings.add(Finding.failed(ROOM, folder + " cannot be looked at: " + e.getMessage()));
    }
    return findings;
  }

  /**
   * How long it takes to force what is written: small appends, as single readings are, then large
   * ones. Writes a file of its own and deletes it.
   *
   * @param time for each of the two
   */
  public Finding speed(Duration time) {
    Path file = there.resolve(".headwater-check-" + ProcessHandle.current().pid());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      double[] small = forces(channel, PAGE, time);
      double[] large = forces(channel, RUN, time);
      double median = small[small.length / 2];
      double longest = Math.max(small[small.length - 1], large[large.length - 1]);
      String text =
          "4 KiB are forced in %.1f ms (half of the times), %.1f ms (99 %%), %.1f ms (longest); 1 MiB at %.0f MB/s"
              .formatted(
                  median,
                  small[(int) (small.length * 0.99)],
                  small[small.length - 1],
                  RUN / 1e3 / large[large.length / 2]);
      if (longest > STALL_MILLIS) {
        return Finding.warning(
            SPEED, text + "; it stalls: a worn card, or others write much; readings wait so long");
      }
      return median > SLOW_MILLIS
          ? Finding.warning(SPEED, text + "; log.linger: 50ms lets readings share a force")
          : Finding.ok(SPEED, text);
    } catch (IOException e) {
      return Finding.failed(
          SPEED,
          "%s cannot be written by user %s: %s"
              .formatted(there, System.getProperty("user.name"), reason(e)));
    } finally {
      delete(file);
    }
  }

  /** Milliseconds of each, sorted. */
  private static double[] forces(FileChannel channel, int bytes, Duration time) throws IOException {
    var millis = new ArrayList<Double>();
    ByteBuffer content = ByteBuffer.allocate(bytes);
    long end = System.nanoTime() + time.toNanos();
    // The file stays small: cards do not like to be filled for a look.
    long position = 0;
    while (millis.isEmpty() || System.nanoTime() - end < 0) {
      long begun = System.nanoTime();
      channel.write(content.clear(), position);
      channel.force(false);
      millis.add((System.nanoTime() - begun) / (double) TimeUnit.MILLISECONDS.toNanos(1));
      position = (position + bytes) % (8L * RUN);
    }
    return millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException _) {
      // It could not be made either.
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName().replace("Exception", "") + " " + e.getMessage();
  }

  private static String megabytes(long bytes) {
    return bytes / 1_000_000 + " MB";
  }
}
