package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When each boot began whose readings may still be in the log. Thread-safe: what is known is
 * replaced as a whole.
 *
 * <p>In its file each boot is a line: boot (hexadecimal), start, error, as-of uptime, source,
 * CRC-32C of the line before that (hexadecimal). Losing it loses no reading: those of
 * unsynchronised boots then arrive as {@code unsynced}.
 */
public final class BootTimes {
  private static final Logger LOGGER = LoggerFactory.getLogger(BootTimes.class);

  /** Its name beside the log's files. */
  public static final String FILE = "boot-times";

  /** Above it the oldest boots are forgotten: about 80 bytes each. */
  static final int MOST = 1000;

  /** The oldest first. */
  private volatile Map<Long, BootTime> known;

  private BootTimes(Map<Long, BootTime> known) {
    this.known = known;
  }

  /** Nothing is known. */
  public static BootTimes none() {
    return new BootTimes(Map.of());
  }

  /**
   * What stands beside a log; nothing where there is no file. One that cannot be read keeps nobody
   * from the log.
   */
  public static BootTimes read(Path folder) {
    Path file = folder.resolve(FILE);
    var read = new LinkedHashMap<Long, BootTime>();
    try {
      // Not UTF-8, in which a damaged byte would cost all lines.
      for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
        if (!line.isEmpty()) {
          parse(line)
              .ifPresentOrElse(
                  time -> read.put(time.boot(), time),
                  () ->
                      LOGGER
                          .atWarn()
                          .addKeyValue("file", file)
                          .log("A boot's time is damaged; its readings stay as they were marked"));
        }
      }
    } catch (NoSuchFileException _) {
      // The first start.
    } catch (IOException e) {
      LOGGER
          .atWarn()
          .addKeyValue("file", file)
          .addKeyValue("error", e.toString())
          .log("The times of boots cannot be read; readings stay as they were marked");
    }
    return new BootTimes(read);
  }

  private static Optional<BootTime> parse(String line) {
    int end = line.lastIndexOf(' ');
    if (end < 0 || !checksum(line.substring(0, end)).equals(line.substring(end + 1))) {
      return Optional.empty();
    }
    String[] fields = line.substring(0, end).split(" ", -1);
    try {
      return Optional.of(
          new BootTime(
              Long.parseUnsignedLong(fields[0], 16),
              Long.parseLong(fields[1]),
              Long.parseLong(fields[2]),
              Long.parseLong(fields[3]),
              ClockQuality.valueOf(fields[4])));
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException _) {
      return Optional.empty(); // whole, but of a newer agent
    }
  }

  private static String line(BootTime time) {
    String fields =
        "%x %d %d %d %s"
            .formatted(
                time.boot(), time.startMs(), time.errorMs(), time.asOfUptimeMs(), time.source());
    return fields + " " + checksum(fields) + "\n";
  }

  private static String checksum(String fields) {
    var crc = new CRC32C();
    crc.update(fields.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  /**
   * Writes the file, whole or not at all, and forces it to disk.
   *
   * @throws IOException if there is no room, or no right; then the file is as it was
   */
  public void write(Path folder) throws IOException {
    var text = new StringBuilder();
    known.values().forEach(time -> text.append(line(time)));
    Path next = folder.resolve(FILE + ".new");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(
        next,
        folder.resolve(FILE),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  /** Takes note of when a boot began, unless more is known. */
  public synchronized void learn(BootTime time) {
    BootTime before = known.get(time.boot());
    if (before != null && !time.isBetterThan(before)) {
      return;
    }
    var next = new LinkedHashMap<>(known);
    next.put(time.boot(), time);
    while (next.size() > MOST) {
      next.remove(next.keySet().iterator().next());
    }
    known = next;
  }

  /** When a boot began, if that is known. */
  Optional<BootTime> of(long boot) {
    return Optional.ofNullable(known.get(boot));
  }

  /** When something was captured: as its clock said, if that was right, or as is known by now. */
  public CaptureTime time(Capture capture) {
    BootTime boot = capture.quality() == ClockQuality.UNSYNCED ? known.get(capture.boot()) : null;
    return boot == null
        ? new CaptureTime(capture.wallMs(), capture.quality())
        : boot.at(capture.uptimeMs());
  }
}
