package io.headwater.hub.kafka.log;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.CleanerConfig;
import org.apache.kafka.storage.internals.log.LogCleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Partitions in files below one folder, made durable by group commit; see the package comment. */
public final class FileLogEngine implements LogEngine {
  private static final Logger LOGGER = LoggerFactory.getLogger(FileLogEngine.class);
  private static final Duration RETENTION_CHECK = Duration.ofSeconds(30);
  private static final Duration CHECKPOINTS = Duration.ofSeconds(30);

  private final ConcurrentMap<TopicPartition, FilePartitionLog> logs = new ConcurrentHashMap<>();

  /** The cleaner's view of the same logs: it takes exactly this type. */
  private final ConcurrentMap<TopicPartition, UnifiedLog> unified = new ConcurrentHashMap<>();

  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final KafkaScheduler scheduler = new KafkaScheduler(2, true, "hub-log-scheduler-");
  private final LogFolder folder;
  private final GroupCommitter committer;
  private final LogCleaner cleaner;

  /**
   * Opens the folder; logs are opened one by one with {@link #open}.
   *
   * @throws IOException if the folder cannot be read or written
   */
  public FileLogEngine(Path path, MeterRegistry registry, Time time) throws IOException {
    scheduler.startup();
    try {
      folder = new LogFolder(path, scheduler, new BrokerTopicStats(), time);
    } catch (Exception e) {
      throw new IOException("the log folder " + path + " cannot be opened: " + e.getMessage(), e);
    }
    committer = new GroupCommitter(new LogMetrics(registry), this::fail);
    // One thread and a small map: enough for a node of this size, and the map is allocated at once.
    cleaner =
        new LogCleaner(
            new CleanerConfig(1, 16 << 20, 0.9, 512 << 10, 32 << 20, Double.MAX_VALUE, 5_000, true),
            List.of(path.toFile()),
            unified,
            folder.failures(),
            time);
    cleaner.startup();
    var _ =
        scheduler.schedule(
            "retention",
            this::applyRetention,
            RETENTION_CHECK.toMillis(),
            RETENTION_CHECK.toMillis());
    var _ =
        scheduler.schedule(
            "checkpoints",
            () -> folder.writeCheckpoints(unified.values()),
            CHECKPOINTS.toMillis(),
            CHECKPOINTS.toMillis());
  }

  @Override
  public Optional<PartitionLog> log(TopicPartition partition) {
    return Optional.ofNullable(logs.get(partition));
  }

  @Override
  public Collection<PartitionLog> logs() {
    return List.copyOf(logs.values());
  }

  @Override
  public synchronized PartitionLog open(TopicPartition partition, Uuid topicId, LogConfig config) {
    FilePartitionLog open = logs.get(partition);
    if (open != null) {
      return open;
    }
    try {
      UnifiedLog log = folder.open(partition, topicId, config);
      var made = new FilePartitionLog(log, topicId, committer::markDirty);
      logs.put(partition, made);
      unified.put(partition, log);
      return made;
    } catch (IOException e) {
      throw new KafkaStorageException("the log of " + partition + " cannot be opened", e);
    }
  }

  @Override
  public synchronized void delete(TopicPartition partition) {
    FilePartitionLog log = logs.remove(partition);
    if (log == null) {
      return;
    }
    unified.remove(partition);
    log.markClosed();
    cleaner.abortCleaning(partition);
    cleaner.updateCheckpoints(folder.path().toFile(), Optional.of(partition));
    log.fail(new KafkaStorageException("the topic of " + partition + " was deleted"));
    UnifiedLog files = log.unifiedLog();
    files.renameDir(UnifiedLog.logDeleteDirName(partition), false);
    // Readers may still be sending from these files.
    var _ =
        scheduler.scheduleOnce(
            "delete-" + partition, files::delete, files.config().fileDeleteDelayMs);
  }

  @Override
  public CompletableFuture<Void> failed() {
    return failed;
  }

  @Override
  public boolean isHealthy() {
    return !failed.isDone() && !folder.failures().hasOfflineLogDir(folder.path().toString());
  }

  private void fail(IOException cause) {
    var failure =
        new KafkaStorageException("the log below " + folder.path() + " cannot be written", cause);
    logs.values().forEach(log -> log.fail(failure));
    failed.completeExceptionally(failure);
  }

  private void applyRetention() {
    var deletable = cleaner.pauseCleaningForNonCompactedPartitions();
    try {
      for (UnifiedLog log : deletable.values()) {
        log.deleteOldSegments();
      }
    } catch (IOException e) {
      LOGGER.atError().setCause(e).log("Retention could not delete old segments");
    } finally {
      cleaner.resumeCleaning(deletable.keySet());
    }
  }

  @Override
  public synchronized void close() {
    try {
      committer.close();
      cleaner.shutdown();
      scheduler.shutdown();
      if (!isHealthy()) {
        return; // what is on disk stays as it is: the next start recovers it
      }
      for (UnifiedLog log : unified.values()) {
        log.flush(true);
        log.close();
      }
      folder.writeCheckpoints(unified.values());
      folder.markClean();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while closing the log", e);
    } catch (Exception e) {
      throw new IllegalStateException("the log could not be closed cleanly", e);
    }
  }
}
