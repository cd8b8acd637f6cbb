package io.headwater.analytics;

import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a query's local state, and whether the last stop was a clean one.
 *
 * <p>After an unclean stop the stores may hold more than was committed, so they are worth nothing
 * under exactly-once processing: what counts is the changelog on the hub. Streams finds that out
 * store by store and reports corruption; here it is seen from a marker file, said once, and the
 * stores are deleted before Streams starts. The process' identity beside them stays.
 *
 * <p>Confined to the runner's thread.
 */
final class LocalState {
  private static final Logger LOGGER = LoggerFactory.getLogger(LocalState.class);

  /** Of tasks, and of tables, whose rows another topic's would only be laid over. */
  private static final Pattern STORES = Pattern.compile("\\d+_\\d+|global");

  private final Path folder;
  private final Path marker;

  /**
   * @param stateFolder Streams' state.dir
   * @param application Streams' application.id
   */
  LocalState(Path stateFolder, String application) {
    this.folder = stateFolder.resolve(application);
    this.marker = stateFolder.resolve(application + ".open");
  }

  static LocalState of(Properties streamsConfig) {
    return new LocalState(
        Path.of(streamsConfig.getProperty(StreamsConfig.STATE_DIR_CONFIG)),
        streamsConfig.getProperty(StreamsConfig.APPLICATION_ID_CONFIG));
  }

  /** Deletes the stores; nobody may have them open. */
  void delete() {
    try {
      deleteStores();
    } catch (IOException e) {
      throw UserError.failure("state folder " + folder + " cannot be deleted (" + e + ")", e);
    }
  }

  /** To be called before Streams opens the stores. */
  void open() {
    try {
      if (Files.exists(marker)) {
        LOGGER
            .atInfo()
            .addKeyValue("folder", folder)
            .log("The last stop was not clean; local state is rebuilt from the hub");
        deleteStores();
      }
      Files.createDirectories(folder);
      Files.writeString(marker, "");
    } catch (IOException e) {
      throw UserError.failure("state folder " + folder + " cannot be used (" + e + ")", e);
    }
  }

  /** To be called when Streams has closed the stores in order. */
  void closed() {
    try {
      Files.deleteIfExists(marker);
    } catch (IOException e) {
      LOGGER
          .atWarn()
          .addKeyValue("file", marker)
          .addKeyValue("error", e)
          .log("A clean stop could not be noted; the next start rebuilds local state");
    }
  }

  private void deleteStores() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> children = Files.list(folder)) {
      for (Path child : children.toList()) {
        if (STORES.matcher(child.getFileName().toString()).matches()) {
          Files.walkFileTree(child, new Deletion());
        }
      }
    }
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(visited);
      return FileVisitResult.CONTINUE;
    }
  }
}
