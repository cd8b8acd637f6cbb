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
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that holds all partitions: opening, recovery and the marks of a clean stop.
 *
 * <p>Names and formats are Kafka's: {@code <topic>-<partition>/}, {@code .kafka_cleanshutdown},
 * {@code recovery-point-offset-checkpoint}, {@code log-start-offset-checkpoint}. After an unclean
 * stop each log is scanned from its recovery point, and its tail cut at the first bad batch.
 */
final class LogFolder {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogFolder.class);
  private static final int MAX_TRANSACTION_TIMEOUT_MS = 900_000;
  private static final int PRODUCER_ID_EXPIRATION_MS = 86_400_000;
  private static final int PRODUCER_ID_CHECK_MS = 600_000;

  private final Path folder;
  private final Scheduler scheduler;
  private final BrokerTopicStats stats;
  private final Time time;
  private final LogDirFailureChannel failures = new LogDirFailureChannel(1);
  private final OffsetCheckpointFile recoveryPoints;
  private final OffsetCheckpointFile startOffsets;
  private final CleanShutdownFileHandler cleanMark;
  private final boolean stoppedClean;
  private final Map<TopicPartition, Long> recoveryPointsAtStart;
  private final Map<TopicPartition, Long> startOffsetsAtStart;

  LogFolder(Path folder, Scheduler scheduler, BrokerTopicStats stats, Time time) throws Exception {
    this.folder = Files.createDirectories(folder);
    this.scheduler = scheduler;
    this.stats = stats;
    this.time = time;
    recoveryPoints =
        new OffsetCheckpointFile(
            folder.resolve("recovery-point-offset-checkpoint").toFile(), failures);
    startOffsets =
        new OffsetCheckpointFile(folder.resolve("log-start-offset-checkpoint").toFile(), failures);
    cleanMark = new CleanShutdownFileHandler(folder.toString());
    stoppedClean = cleanMark.exists();
    recoveryPointsAtStart = new HashMap<>(recoveryPoints.read());
    startOffsetsAtStart = new HashMap<>(startOffsets.read());
    cleanMark.delete(); // before any write
    forceFolder(folder);
    deleteLeftovers();
    if (!stoppedClean && !recoveryPointsAtStart.isEmpty()) {
      LOGGER
          .atWarn()
          .log("The last stop was not clean: logs are checked from their recovery points");
    }
  }

  LogDirFailureChannel failures() {
    return failures;
  }

  Path path() {
    return folder;
  }

  /** Opens or makes one log; what it holds is on disk and below the high watermark afterwards. */
  UnifiedLog open(TopicPartition partition, Uuid topicId, LogConfig config) throws IOException {
    Path dir = folder.resolve(UnifiedLog.logDirName(partition));
    boolean isNew = !Files.exists(dir);
    long started = System.nanoTime();
    UnifiedLog log =
        UnifiedLog.create(
            dir.toFile(),
            config,
            startOffsetsAtStart.getOrDefault(partition, 0L),
            isNew ? 0L : recoveryPointsAtStart.getOrDefault(partition, 0L),
            scheduler,
            stats,
            time,
            MAX_TRANSACTION_TIMEOUT_MS,
            new ProducerStateManagerConfig(PRODUCER_ID_EXPIRATION_MS, true),
            PRODUCER_ID_CHECK_MS,
            failures,
            isNew || stoppedClean,
            Optional.of(topicId));
    log.flush(true); // a recovered tail may be in the page cache only
    forceFolder(isNew ? folder : dir);
    log.updateHighWatermark(log.logEndOffset());
    if (!isNew && !stoppedClean && log.logEndOffset() > 0) {
      LOGGER
          .atInfo()
          .addKeyValue("topicName", partition.topic())
          .addKeyValue("partition", partition.partition())
          .addKeyValue("offset", log.logEndOffset())
          .addKeyValue("millis", (System.nanoTime() - started) / 1_000_000)
          .log("Recovered after an unclean stop");
    }
    return log;
  }

  /** Writes how far each log is known to be good, so that the next unclean start scans less. */
  void writeCheckpoints(Collection<UnifiedLog> logs) {
    var points = new HashMap<TopicPartition, Long>();
    var starts = new HashMap<TopicPartition, Long>();
    for (UnifiedLog log : logs) {
      points.put(log.topicPartition(), log.recoveryPoint());
      if (log.logStartOffset() > 0) {
        starts.put(log.topicPartition(), log.logStartOffset());
      }
    }
    recoveryPoints.write(points);
    startOffsets.write(starts);
  }

  /** The last write of a clean stop. */
  void markClean() throws Exception {
    cleanMark.write(-1);
    forceFolder(folder);
  }

  /** Folders of deleted topics that a stop left behind. */
  private void deleteLeftovers() throws IOException {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(folder, "*" + UnifiedLog.DELETE_DIR_SUFFIX)) {
      for (Path entry : entries) {
        Utils.delete(entry.toFile());
      }
    }
  }

  private static void forceFolder(Path dir) throws IOException {
    try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
