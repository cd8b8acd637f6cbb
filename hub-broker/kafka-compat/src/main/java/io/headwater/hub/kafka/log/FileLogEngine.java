package io.headwater.hub.kafka.log;

import io.headwater.process.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.CleanerConfig;
import org.apache.kafka.storage.internals.log.LogCleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Partition logs in files below one folder, made durable by group commit; see the package. */
public final class FileLogEngine implements LogEngine {
  private static final Logger LOGGER = LoggerFactory.getLogger(FileLogEngine.class);

  /** Larger batches than this cannot be compacted; topics allow less by default. */
  private static final int MAX_BATCH_BYTES = 64 << 20;

  private static final Duration STALL = Duration.ofSeconds(10);
  private static final int CLEANER_BUFFER_BYTES = 512 << 10;

  private final ConcurrentMap<TopicPartition, FilePartitionLog> logs = new ConcurrentHashMap<>();

  /** The cleaner's view of the same logs. */
  private final ConcurrentMap<TopicPartition, UnifiedLog> unified = new ConcurrentHashMap<>();

  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final LogMetrics metrics;
  private final Disk disk;
  private final GroupCommitter committer;
  private final CommitScheduler scheduler;
  private final LogFolder folder;
  private final LogCleaner cleaner;
  private final Thread failureWatch;
  private boolean closed;

  private FileLogEngine(
      Path path, FileLogSettings settings, LogMetrics metrics, Time time, Disk disk)
      throws IOException {
    this.metrics = metrics;
    this.disk = disk;
    committer = new GroupCommitter(disk, metrics, this::fail);
    scheduler = new CommitScheduler(committer);
    scheduler.startup();
    try {
      folder = new LogFolder(path, settings, scheduler, time);
    } catch (IOException | RuntimeException e) {
      committer.close();
      disk.close();
      stopScheduler();
      throw e;
    }
    failureWatch = Threads.start("hub-log-failures", this::awaitFailure);
    cleaner =
        new LogCleaner(
            new CleanerConfig(
                settings.cleanerThreads(),
                settings.cleanerMemory().bytes(),
                0.9,
                CLEANER_BUFFER_BYTES,
                MAX_BATCH_BYTES,
                Double.MAX_VALUE,
                settings.cleanerBackoff().toMillis(),
                true),
            List.of(path.toFile()),
            unified,
            folder.failures(),
            time);
    cleaner.startup();
    every("retention", settings.retentionCheckInterval().toMillis(), this::applyRetention);
    every(
        "recovery-points",
        settings.checkpointInterval().toMillis(),
        () -> folder.writeRecoveryPoints(unified.values()));
  }

  /**
   * Opens the folder, made if needed; logs are opened one by one with {@link #create}. The folder
   * must be this process' own.
   *
   * @param path absolute path of the folder of all logs
   * @throws IOException if it cannot be read or written, or holds something else
   */
  public static FileLogEngine open(
      Path path, FileLogSettings settings, LogMetrics metrics, Time time) throws IOException {
    Path folder = Files.createDirectories(path);
    return open(folder, settings, metrics, time, Disk.of(folder));
  }

  static FileLogEngine open(
      Path path, FileLogSettings settings, LogMetrics metrics, Time time, Disk disk)
      throws IOException {
    return new FileLogEngine(path.toAbsolutePath().normalize(), settings, metrics, time, disk);
  }

  @Override
  public Optional<PartitionLog> find(TopicPartition partition) {
    return Optional.ofNullable(logs.get(partition));
  }

  @Override
  public Collection<PartitionLog> logs() {
    return List.copyOf(logs.values());
  }

  @Override
  public synchronized PartitionLog create(
      TopicPartition partition, Uuid topicId, LogConfig config) {
    if (closed || failed.isDone()) {
      throw new KafkaStorageException("The log of " + partition + " cannot be opened: closed.");
    }
    FilePartitionLog open = logs.get(partition);
    if (open != null && open.topicId().equals(topicId)) {
      open.updateConfig(config);
      return open;
    }
    delete(partition);
    try {
      if (folder.topicIdOf(partition).filter(id -> !id.equals(topicId)).isPresent()) {
        folder.deleteUnopened(partition);
      }
      UnifiedLog log = folder.open(partition, topicId, config);
      var made = new FilePartitionLog(log, topicId, this);
      logs.put(partition, made);
      unified.put(partition, log);
      metrics.openLogs(logs.size());
      return made;
    } catch (IOException e) {
      var failure =
          new KafkaStorageException(
              "The log of %s below %s cannot be opened: %s".formatted(partition, folder.path(), e),
              e);
      fail(failure);
      throw failure;
    }
  }

  @Override
  public synchronized void delete(TopicPartition partition) {
    FilePartitionLog log = logs.remove(partition);
    if (log == null) {
      return;
    }
    unified.remove(partition);
    log.end(
        new UnknownTopicOrPartitionException("The topic of " + partition + " has been deleted."));
    cleaner.abortCleaning(partition);
    cleaner.updateCheckpoints(folder.path().toFile(), Optional.of(partition));
    UnifiedLog files = log.unifiedLog();
    files.renameDir(UnifiedLog.logDeleteDirName(partition), false);
    // Readers may still be sending from these files.
    var _ =
        scheduler.schedule(
            "delete-" + partition,
            () -> deleteFiles(files),
            Math.max(1, files.config().fileDeleteDelayMs),
            -1);
    metrics.openLogs(logs.size());
    LOGGER
        .atInfo()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .log("Deleted a log");
  }

  @Override
  public synchronized void keepOnly(Map<TopicPartition, Uuid> wanted) {
    for (FilePartitionLog log : logs.values()) {
      if (!log.topicId().equals(wanted.get(log.topicPartition()))) {
        delete(log.topicPartition());
      }
    }
    for (TopicPartition partition : folder.unopened()) {
      if (!wanted.containsKey(partition)) {
        try {
          folder.deleteUnopened(partition);
        } catch (IOException e) {
          // It costs space only; the next start tries again.
          LOGGER
              .atWarn()
              .addKeyValue("topicName", partition.topic())
              .addKeyValue("partition", partition.partition())
              .setCause(e)
              .log("A left-over log could not be deleted");
        }
      }
    }
  }

  @Override
  public CompletableFuture<Void> failed() {
    return failed;
  }

  @Override
  public Optional<String> problem() {
    if (failed.isDone()) {
      return Optional.of(
          "the logs below " + folder.path() + " cannot be written; check the disk and start again");
    }
    Duration stalled = committer.stalledFor();
    return stalled.compareTo(STALL) < 0
        ? Optional.empty()
        : Optional.of(
            "the disk of %s has not answered for %d s"
                .formatted(folder.path(), stalled.toSeconds()));
  }

  /** Stops everything for good: no force is tried again. Never called under a log's lock. */
  void fail(Throwable cause) {
    var failure =
        new KafkaStorageException(
            "The logs below %s cannot be written any more: %s".formatted(folder.path(), cause),
            cause);
    if (failed.completeExceptionally(failure)) {
      LOGGER
          .atError()
          .addKeyValue("path", folder.path())
          .setCause(cause)
          .log("The log engine has failed");
    }
    logs.values().forEach(log -> log.end(failure));
  }

  void appended(FilePartitionLog log, long records, long bytes) {
    metrics.appended(records, bytes);
    committer.markDirty(log);
  }

  void throwIfFailed() {
    if (failed.isDone()) {
      throw new KafkaStorageException(
          "The logs below " + folder.path() + " cannot be written any more.");
    }
  }

  /** Meets failures that Kafka's code has noted, so that none is followed by a promise. */
  void throwIfOffline() throws IOException {
    if (failed.isDone() || folder.isOffline()) {
      throw new IOException("The log folder " + folder.path() + " is offline.");
    }
  }

  /** Makes the logs' start offsets durable. */
  CompletableFuture<Void> checkpointStartOffsets() {
    return CompletableFuture.runAsync(() -> folder.writeStartOffsets(unified.values()), committer);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    var over = new KafkaStorageException("The logs below " + folder.path() + " are closed.");
    var steps = new ArrayList<Step>();
    logs.values().forEach(log -> log.refuseAppends(over));
    steps.add(cleaner::shutdown);
    steps.add(this::stopScheduler);
    steps.add(committer::close); // commits what was appended
    steps.add(disk::close);
    logs.values().forEach(log -> steps.add(() -> closeLog(log, over)));
    if (!failed.isDone()) {
      steps.add(() -> folder.writeStartOffsets(unified.values()));
      steps.add(() -> folder.writeRecoveryPoints(unified.values()));
    }
    steps.add(failureWatch::interrupt);
    run(steps);
    if (!failed.isDone()) {
      try {
        folder.markClean();
      } catch (IOException e) {
        throw new KafkaStorageException("The logs could not be marked as closed: " + e, e);
      }
    }
  }

  private void closeLog(FilePartitionLog log, KafkaStorageException over) {
    UnifiedLog files = log.unifiedLog();
    log.end(over);
    if (failed.isDone()) {
      files.closeHandlers(); // what is on disk stays as it is: the next start recovers it
    } else {
      files.flush(true);
      files.close();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Tries all steps, then throws the first failure. */
  private static void run(List<Step> steps) {
    @Nullable RuntimeException first = null;
    for (Step step : steps) {
      try {
        step.run();
      } catch (IOException | RuntimeException e) {
        if (first == null) {
          first = new KafkaStorageException("The logs could not be closed cleanly: " + e, e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  private void stopScheduler() {
    try {
      scheduler.shutdown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while closing the logs", e);
    }
  }

  private void every(String name, long periodMs, Runnable task) {
    var _ = scheduler.schedule(name, task, periodMs, periodMs);
  }

  private void applyRetention() {
    Map<TopicPartition, UnifiedLog> deletable = cleaner.pauseCleaningForNonCompactedPartitions();
    try {
      for (UnifiedLog log : deletable.values()) {
        log.deleteOldSegments();
      }
    } catch (IOException e) {
      fail(e);
    } finally {
      cleaner.resumeCleaning(deletable.keySet());
    }
  }

  private static void deleteFiles(UnifiedLog files) {
    try {
      files.delete();
    } catch (KafkaStorageException e) {
      LOGGER.atWarn().addKeyValue("path", files.dir()).setCause(e).log("Files were left behind");
    }
  }

  /** Kafka's code notes a failed disk here, whatever thread met it. */
  private void awaitFailure() {
    try {
      String offline = folder.failures().takeNextOfflineLogDir();
      fail(new IOException("The log folder " + offline + " is offline."));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
