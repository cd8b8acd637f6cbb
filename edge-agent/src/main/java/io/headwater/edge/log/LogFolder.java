package io.headwater.edge.log;

import io.headwater.process.LastingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the files of a log are named, put aside and deleted: each is a database of SQLite, which is
 * more than one file while it is written to.
 */
final class LogFolder {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogFolder.class);

  /** What SQLite keeps a database in, behind its name; the database itself first. */
  static final List<String> PARTS = List.of("", "-journal", "-wal", "-shm");

  private static final Pattern NAME = Pattern.compile("(\\d{20})\\.edgelog");
  private static final Pattern PUT_ASIDE = Pattern.compile("\\d{20}\\.edgelog\\.corrupt(-\\d+)?");

  private LogFolder() {}

  /** The log's files, oldest first. */
  static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /** Files that were damaged and put aside, oldest first. */
  static List<Path> listPutAside(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> PUT_ASIDE.matcher(path.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /** Named by its first seq, so that names sort by age. */
  static Path path(Path folder, long baseSeq) {
    return folder.resolve(String.format("%020d", baseSeq) + LogFile.SUFFIX);
  }

  /** The seq that a file is named by. */
  static long baseSeq(Path path) {
    Matcher name = NAME.matcher(path.getFileName().toString());
    if (!name.matches()) {
      throw new IllegalArgumentException(path + " is not named as a log file");
    }
    return Long.parseLong(name.group(1));
  }

  /** Renames a damaged file and what belongs to it; it stays for people to look at. */
  static void putAside(Path path, Throwable cause) {
    try {
      moveAside(path, cause);
    } catch (IOException e) {
      LOGGER.atError().addKeyValue("file", path).setCause(e).log("It could not be renamed");
    }
  }

  /**
   * The same, so that another file can take its place.
   *
   * @throws IOException then something of it is still there
   */
  static void moveAside(Path path, Throwable cause) throws IOException {
    LOGGER
        .atError()
        .addKeyValue("file", path)
        .addKeyValue("error", cause.getMessage())
        .log("A log file is damaged and put aside; what only it holds is told as a gap");
    String aside = path + ".corrupt";
    for (int n = 2; Files.exists(Path.of(aside)); n++) {
      aside = path + ".corrupt-" + n; // an earlier one stays, too
    }
    moveParts(path, aside);
  }

  /**
   * Ends a {@link #moveAside} that a stop has interrupted: the file itself was moved.
   *
   * @throws IOException then something of it is still there
   */
  static void moveRestAside(Path path) throws IOException {
    String aside = path + ".corrupt";
    for (int n = 2; Files.exists(Path.of(path + ".corrupt-" + n)); n++) {
      aside = path + ".corrupt-" + n;
    }
    moveParts(path, aside);
  }

  /**
   * Each for good before the next: a power cut must not leave the file without what is written
   * ahead of it, nor that to the next file of the name.
   */
  private static void moveParts(Path path, String aside) throws IOException {
    Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
    for (String suffix : PARTS) {
      Path part = Path.of(path + suffix);
      if (Files.exists(part)) {
        Files.move(part, Path.of(aside + suffix));
        LastingFolder.force(folder);
      }
    }
  }

  static void delete(Path path) {
    for (String suffix : PARTS.reversed()) {
      try {
        Files.deleteIfExists(Path.of(path + suffix));
      } catch (IOException e) {
        LOGGER.atWarn().addKeyValue("file", path).setCause(e).log("A file cannot be deleted");
      }
    }
  }
}
