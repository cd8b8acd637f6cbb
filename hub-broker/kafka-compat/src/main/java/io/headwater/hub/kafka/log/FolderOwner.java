package io.headwater.hub.kafka.log;

import io.headwater.process.UserError;
import java.io.IOException;
import java.io.Reader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;

/**
 * Whose logs a folder holds: {@code meta.properties}, by Kafka's name and keys. Logs of topics that
 * the catalog does not know are deleted at the start, so a folder beside a foreign catalog must be
 * noticed before that. A folder without the file is adopted.
 */
public final class FolderOwner {
  /** Of the folder's layout. To be raised when an older hub would misread it. */
  static final int VERSION = 1;

  static final String FILE = "meta.properties";

  private final Path folder;
  private final int nodeId;
  private final Properties found;

  private FolderOwner(Path folder, int nodeId, Properties found) {
    this.folder = folder;
    this.nodeId = nodeId;
    this.found = found;
  }

  /**
   * Looks whose the folder is; changes nothing.
   *
   * @throws UserError it is from a newer version or another node's, or cannot be read
   */
  public static FolderOwner check(Path folder, int nodeId) {
    var owner = new FolderOwner(folder, nodeId, read(folder.resolve(FILE)));
    owner.checkVersion();
    owner.check("node.id", Integer.toString(nodeId), "set node-id to it");
    return owner;
  }

  /**
   * Makes the folder this node's and cluster's, unless it is already.
   *
   * @throws UserError it is another cluster's
   */
  public void claim(String clusterId) {
    check("cluster.id", clusterId, "put it back beside the ZooKeeper data that it was made with");
    if (found.containsKey("cluster.id")) {
      return;
    }
    Path file = folder.resolve(FILE);
    Path half = folder.resolve(FILE + ".tmp");
    try {
      Files.createDirectories(folder);
      Files.writeString(
          half, "version=%d\nnode.id=%d\ncluster.id=%s\n".formatted(VERSION, nodeId, clusterId));
      try (FileChannel channel = FileChannel.open(half, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
      LogFolder.forceFolder(folder);
    } catch (IOException e) {
      throw UserError.failure(file + " cannot be written: " + e + "; check that folder", e);
    }
  }

  private void checkVersion() {
    String version = found.getProperty("version", Integer.toString(VERSION));
    if (!version.matches("\\d{1,9}")) {
      throw UserError.failure(
          "%s has the version '%s', which is no number; put it back or delete it"
              .formatted(folder.resolve(FILE), version));
    }
    if (Integer.parseInt(version) > VERSION) {
      throw UserError.failure(
          ("log folder %s has format version %s, this hub knows up to %d; start the newer hub again,"
                  + " or choose another folder with --data")
              .formatted(folder, version, VERSION));
    }
  }

  private void check(String key, String mine, String wayOut) {
    String theirs = found.getProperty(key, mine);
    if (!theirs.equals(mine)) {
      throw UserError.failure(
          "log folder %s belongs to %s %s, not %s; %s, or choose another folder with --data"
              .formatted(folder, key, theirs, mine, wayOut));
    }
  }

  private static Properties read(Path file) {
    var properties = new Properties();
    if (Files.notExists(file)) {
      return properties;
    }
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
      return properties;
    } catch (IOException | IllegalArgumentException e) {
      throw UserError.failure(
          "%s cannot be read (%s); put it back or delete it".formatted(file, e.getMessage()), e);
    }
  }
}
