package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that holds all logs: opening, recovery and the marks of a clean stop.
 *
 * <p>Names and formats are Kafka's: {@code <topic>-<partition>/}, {@code .kafka_cleanshutdown},
 * {@code recovery-point-offset-checkpoint}, {@code log-start-offset-checkpoint}. After an unclean
 * stop each log is scanned from its recovery point, and cut at the first bad batch.
 *
 * <p>Thread-safe; the caller opens one log at a time.
 */
final class LogFolder {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogFolder.class);
  private static final int PRODUCER_ID_CHECK_MS = 600_000;

  private final Path folder;
  private final FileLogSettings settings;
  private final Scheduler scheduler;
  private final BrokerTopicStats stats = new BrokerTopicStats();
  private final Time time;

  /** Nobody listens: a checkpoint that cannot be written now is written the next time. */
  private final LogDirFailureChannel checkpointFailures = new LogDirFailureChannel(1);

  private final OffsetCheckpointFile recoveryPoints;
  private final OffsetCheckpointFile startOffsets;
  private final CleanShutdownFileHandler cleanMark;
  private final boolean stoppedClean;
  private final Map<TopicPartition, Long> recoveryPointsAtStart;
  private final Map<TopicPartition, Long> startOffsetsAtStart;

  /** Directories of logs that were there at the start and that nobody has asked for yet. */
  private final Map<TopicPartition, Path> unopened = new ConcurrentHashMap<>();

  LogFolder(Path folder, FileLogSettings settings, Scheduler scheduler, Time time)
      throws IOException {
    this.folder = Files.createDirectories(folder);
    this.settings = settings;
    this.scheduler = scheduler;
    this.time = time;
    recoveryPoints = checkpoint("recovery-point-offset-checkpoint");
    startOffsets = checkpoint("log-start-offset-checkpoint");
    cleanMark = new CleanShutdownFileHandler(folder.toString());
    stoppedClean = cleanMark.exists();
    // Without them logs are scanned whole, and deleted records may come back.
    recoveryPointsAtStart = readAtStart("recovery-point-offset-checkpoint");
    startOffsetsAtStart = readAtStart("log-start-offset-checkpoint");
    scan();
    Files.deleteIfExists(folder.resolve(CleanShutdownFileHandler.CLEAN_SHUTDOWN_FILE_NAME));
    forceFolder(folder); // before any write: what follows is unclean until it is closed
    if (!stoppedClean && !unopened.isEmpty()) {
      LOGGER
          .atWarn()
          .addKeyValue("path", folder)
          .addKeyValue("logs", unopened.size())
          .log("The last stop was not clean: checking logs from their recovery points");
    }
  }

  Path path() {
    return folder;
  }

  /** Partitions whose logs were found at the start and were not opened since. */
  Collection<TopicPartition> unopened() {
    return unopened.keySet();
  }

  /** The topic id of a log that was found; empty if its file is missing or damaged. */
  Optional<Uuid> topicIdOf(TopicPartition partition) {
    Path dir = unopened.get(partition);
    if (dir == null) {
      return Optional.empty();
    }
    try {
      // Not the engine's channel: a damaged file here must not take the folder offline.
      var file =
          new PartitionMetadataFile(
              PartitionMetadataFile.newFile(dir.toFile()), new LogDirFailureChannel(1));
      return file.exists() ? Optional.of(file.read().topicId()) : Optional.empty();
    } catch (KafkaException _) {
      return Optional.empty();
    }
  }

  /**
   * Opens or makes one log; what it holds is durable and below the high watermark afterwards.
   *
   * @param failures hears of this log's I/O errors
   */
  UnifiedLog open(TopicPartition partition, Uuid topicId, LogConfig config, LogFailures failures)
      throws IOException {
    Path dir = folder.resolve(UnifiedLog.logDirName(partition));
    boolean isNew = !Files.exists(dir);
    long started = System.nanoTime();
    long recoveryPoint = isNew ? 0L : recoveryPointsAtStart.getOrDefault(partition, 0L);
    UnifiedLog log = null;
    if (isNew || stoppedClean) {
      log = openAsLeft(dir, topicId, config, recoveryPoint, failures);
      recoveryPoint = log == null ? 0L : recoveryPoint; // a mark that lies: trust nothing
    }
    boolean clean = log != null;
    if (log == null) {
      log = create(dir, topicId, config, recoveryPoint, false, failures);
    }
    log.partitionMetadataFile().ifPresent(PartitionMetadataFile::maybeFlush);
    if (isNew) {
      forceFolder(dir);
      forceFolder(folder);
    } else if (!clean) {
      log.flush(true); // the recovered tail may be in the page cache only
      forceFolder(dir);
      LOGGER
          .atDebug()
          .addKeyValue("topicName", partition.topic())
          .addKeyValue("partition", partition.partition())
          .addKeyValue("offset", log.logEndOffset())
          .addKeyValue("millis", (System.nanoTime() - started) / 1_000_000)
          .log("Recovered after an unclean stop");
    }
    log.updateHighWatermark(log.logEndOffset());
    unopened.remove(partition);
    return log;
  }

  /**
   * Opens a log without a look into it; null if it does not end where the last clean stop has left
   * it. The mark of such a stop may come from a backup whose logs are of another moment.
   */
  private @Nullable UnifiedLog openAsLeft(
      Path dir, Uuid topicId, LogConfig config, long end, LogFailures failures) throws IOException {
    try {
      UnifiedLog log = create(dir, topicId, config, end, true, failures);
      if (endsAt(log, end)) {
        return log;
      }
      log.closeHandlers();
    } catch (CorruptRecordException | InvalidRecordException _) {
      // what is left of a batch at its end
    }
    LOGGER
        .atWarn()
        .addKeyValue("path", dir)
        .log("A log is not as the last stop has left it: checking it from its beginning");
    return null;
  }

  private UnifiedLog create(
      Path dir,
      Uuid topicId,
      LogConfig config,
      long recoveryPoint,
      boolean clean,
      LogFailures failures)
      throws IOException {
    return UnifiedLog.create(
        dir.toFile(),
        config,
        startOffsetsAtStart.getOrDefault(UnifiedLog.parseTopicPartitionName(dir.toFile()), 0L),
        recoveryPoint,
        scheduler,
        stats,
        time,
        Math.toIntExact(settings.maxTransactionTimeout().toMillis()),
        new ProducerStateManagerConfig(
            Math.toIntExact(settings.producerIdExpiration().toMillis()), true),
        PRODUCER_ID_CHECK_MS,
        failures,
        clean,
        Optional.of(topicId));
  }

  /** Whether the last batch ends at that offset and nothing follows it. Found by the index. */
  private static boolean endsAt(UnifiedLog log, long offset) throws IOException {
    LogSegment newest = log.activeSegment();
    if (log.logEndOffset() != offset) {
      return false;
    }
    if (offset == newest.baseOffset()) {
      return newest.size() == 0;
    }
    FetchDataInfo tail = newest.read(offset - 1, Integer.MAX_VALUE);
    return tail != null
        && tail.records.batches().iterator().next().sizeInBytes() == tail.records.sizeInBytes();
  }

  /** Takes a log that failed as one that nobody has opened. */
  void abandon(TopicPartition partition) {
    unopened.put(partition, folder.resolve(UnifiedLog.logDirName(partition)));
  }

  /**
   * Renames the directory of a log that nobody opened, so that it counts as deleted, and deletes.
   */
  void deleteUnopened(TopicPartition partition) throws IOException {
    Path dir = unopened.remove(partition);
    if (dir != null) {
      Path doomed = folder.resolve(UnifiedLog.logDeleteDirName(partition));
      Files.move(dir, doomed);
      forceFolder(folder);
      Utils.delete(doomed.toFile());
    }
  }

  /** Writes how far each log is known to be good, so that the next unclean start scans less. */
  synchronized void writeRecoveryPoints(Collection<UnifiedLog> logs) {
    var points = new HashMap<TopicPartition, Long>();
    unopened
        .keySet()
        .forEach(
            partition -> points.put(partition, recoveryPointsAtStart.getOrDefault(partition, 0L)));
    logs.forEach(log -> points.put(log.topicPartition(), log.recoveryPoint()));
    recoveryPoints.write(points);
  }

  /** Writes where each log begins: its segments alone tell that only to the nearest segment. */
  synchronized void writeStartOffsets(Collection<UnifiedLog> logs) {
    var starts = new HashMap<>(startOffsetsAtStart);
    starts.keySet().retainAll(unopened.keySet());
    for (UnifiedLog log : logs) {
      if (log.logStartOffset() > 0) {
        starts.put(log.topicPartition(), log.logStartOffset());
      }
    }
    startOffsets.write(starts);
  }

  /** The last write of a clean stop; left out while logs of the last unclean one are unopened. */
  void markClean() throws IOException {
    if (!stoppedClean && !unopened.isEmpty()) {
      return;
    }
    try {
      cleanMark.write(-1);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("Cannot mark " + folder + " as stopped cleanly: " + e, e);
    }
    forceFolder(folder);
  }

  static void forceFolder(Path dir) throws IOException {
    try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private OffsetCheckpointFile checkpoint(String name) throws IOException {
    return new OffsetCheckpointFile(folder.resolve(name).toFile(), checkpointFailures);
  }

  private Map<TopicPartition, Long> readAtStart(String name) throws IOException {
    Path file = folder.resolve(name);
    try {
      // With a channel of its own: a damaged checkpoint costs time, it must not stop the hub.
      return new HashMap<>(
          new OffsetCheckpointFile(file.toFile(), new LogDirFailureChannel(1)).read());
    } catch (KafkaException | IllegalArgumentException e) {
      LOGGER
          .atWarn()
          .addKeyValue("path", file)
          .addKeyValue("error", e.getMessage())
          .log("Ignoring a damaged checkpoint: logs are scanned from their beginning");
      return Map.of();
    }
  }

  /** Notes which logs are there and finishes deletions that a stop interrupted. */
  private void scan() throws IOException {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(folder, entry -> Files.isDirectory(entry))) {
      for (Path entry : entries) {
        if (entry.toString().endsWith(UnifiedLog.DELETE_DIR_SUFFIX)) {
          Utils.delete(entry.toFile());
        } else {
          unopened.put(partitionOf(entry), entry);
        }
      }
    }
  }

  private static TopicPartition partitionOf(Path dir) throws IOException {
    try {
      return UnifiedLog.parseTopicPartitionName(dir.toFile());
    } catch (KafkaException | IOException e) {
      throw new IOException(
          "Directory " + dir + " is not the log of a partition; move it out of the log folder.", e);
    }
  }
}
