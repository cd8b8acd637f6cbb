package io.headwater.hub.bookkeeper;

import io.headwater.process.LastingFolder;
import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A bookie's folder: {@code journal/} and {@code ledgers/}, each with a file {@code VERSION} in
 * {@code current/} that says whose it is (BookKeeper's cookie; ZooKeeper has a third one).
 *
 * <p>A bookie on a folder that is not its own would answer that it has no entry where it has lost
 * one, and a ledger that is recovered then would be cut. So BookKeeper refuses such a folder; here
 * the same is told in words.
 */
final class BookieFolder {
  private static final String COOKIE = "VERSION";
  private static final Pattern FIELD = Pattern.compile("(\\w+): \"([^\"]*)\"");

  private final Path folder;

  BookieFolder(Path folder) {
    this.folder = folder;
  }

  Path journal() {
    return folder.resolve("journal");
  }

  Path ledgers() {
    return folder.resolve("ledgers");
  }

  void make() throws IOException {
    for (Path current : currents()) {
      LastingFolder.make(current);
    }
  }

  /**
   * Looks whose the folder is.
   *
   * @param instance id of the cluster
   * @param bookie id of the bookie
   * @param known whether the cluster has a cookie of the bookie
   * @throws UserError it is another cluster's or bookie's, or incomplete
   */
  void check(String instance, String bookie, boolean known) throws IOException {
    for (Path current : currents()) {
      Map<String, String> cookie = cookie(current);
      check(cookie, "instanceId", "BookKeeper cluster", instance, "the ZooKeeper data");
      check(cookie, "bookieHost", "bookie", bookie, "that address");
      check(cookie, "journalDir", "journal folder", journal().toString(), "that place");
      if (cookie.isEmpty() && known) {
        throw UserError.failure(
            ("bookie folder %s is empty, but cluster %s knows bookie %s with data; put its folder"
                    + " back, or start with another port if it is lost")
                .formatted(current, instance, bookie));
      }
      if (!cookie.isEmpty() && !known) {
        forgetUnused(current, instance, bookie);
      }
    }
  }

  private void check(
      Map<String, String> cookie, String field, String what, String mine, String place) {
    String theirs = cookie.getOrDefault(field, mine);
    if (!theirs.equals(mine)) {
      throw UserError.failure(
          ("bookie folder %s belongs to %s %s, not %s; put it back beside %s that it was made with,"
                  + " or choose another folder with --data")
              .formatted(folder, what, theirs, mine, place));
    }
  }

  /** A first start that was cut off has left its cookie here, and had not told the cluster yet. */
  private static void forgetUnused(Path current, String instance, String bookie)
      throws IOException {
    try (Stream<Path> files = Files.list(current)) {
      if (files.anyMatch(file -> !file.endsWith(COOKIE))) {
        throw UserError.failure(
            ("bookie folder %s has data, but cluster %s does not know bookie %s; put back the"
                    + " ZooKeeper data that it was made with, or choose another folder with --data")
                .formatted(current, instance, bookie));
      }
    }
    Files.deleteIfExists(current.resolve(COOKIE));
  }

  /** BookKeeper does not force its cookies to disk, and refuses a folder where one is cut off. */
  void force() throws IOException {
    for (Path current : currents()) {
      try (FileChannel file = FileChannel.open(current.resolve(COOKIE), StandardOpenOption.WRITE)) {
        file.force(true);
      }
      LastingFolder.force(current);
    }
  }

  private List<Path> currents() {
    return List.of(journal().resolve("current"), ledgers().resolve("current"));
  }

  private static Map<String, String> cookie(Path current) throws IOException {
    Path file = current.resolve(COOKIE);
    if (Files.notExists(file)) {
      return Map.of();
    }
    return FIELD
        .matcher(Files.readString(file))
        .results()
        .collect(Collectors.toMap(field -> field.group(1), BookieFolder::value, (a, _) -> a));
  }

  private static String value(MatchResult field) {
    return field.group(2);
  }
}
