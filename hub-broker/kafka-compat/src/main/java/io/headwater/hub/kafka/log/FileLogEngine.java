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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
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
  private static final long SPACE_CHECK_MS = 1_000;
  private static final int CLEANER_BUFFER_BYTES = 512 << 10;

  private final ConcurrentMap<TopicPartition, FilePartitionLog> logs = new ConcurrentHashMap<>();

  /** The cleaner's view of the same logs. */
  private final ConcurrentMap<TopicPartition, UnifiedLog> unified = new ConcurrentHashMap<>();

  /** Partitions whose logs an I/O error has ended until the next start, and why. */
  private final ConcurrentMap<TopicPartition, String> lost = new ConcurrentHashMap<>();

  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final FlushMode flush;
  private final LogMetrics metrics;
  private final Disk disk;
  private final GroupCommitter committer;
  private final CommitScheduler scheduler;
  private final LogFolder folder;
  private final LowSpace space;
  private final LogCleaner cleaner;

  /** Ends logs whose errors were met under locks of Kafka's logs. */
  private final ExecutorService failureThread;

  private boolean closed;

  private FileLogEngine(
      Path path, FileLogSettings settings, LogMetrics metrics, Time time, Disk disk)
      throws IOException {
    this.flush = settings.flush();
    this.metrics = metrics;
    this.disk = new TimedDisk(disk, metrics);
    space = new LowSpace(disk, path, settings.lowSpace().bytes(), metrics);
    committer =
        new GroupCommitter(
            this.disk,
            flush == FlushMode.INTERVAL ? settings.flushInterval() : Duration.ZERO,
            metrics,
            new CommitFailures());
    metrics.unforced(flush == FlushMode.OS ? () -> Double.NaN : committer::unforcedSeconds);
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
    failureThread = Executors.newSingleThreadExecutor(Threads.factory("hub-log-failures"));
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
            new LogFailures(this::cleanerFailed),
            time);
    cleaner.startup();
    metrics.cleaner(cleaner, path.toString());
    metrics.size(() -> {
      double bytes = 0;
      for (FilePartitionLog log : logs.values()) {
        bytes += (double) log.size();
      }
      return bytes;
    });
    every("space", SPACE_CHECK_MS, () -> space.look(0));
    every("retention", settings.retentionCheckInterval().toMillis(), this::applyRetention);
    every(
        "recovery-points",
        settings.checkpointInterval().toMillis(),
        () -> folder.writeRecoveryPoints(files()));
  }

  private List<UnifiedLog> files() {
    return logs.values().stream().map(FilePartitionLog::unifiedLog).toList();
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
  public Optional<String> lost(TopicPartition partition) {
    return Optional.ofNullable(lost.get(partition));
  }

  @Override
  public Map<TopicPartition, String> lost() {
    return Map.copyOf(lost);
  }

  @Override
  public Collection<PartitionLog> logs() {
    return List.copyOf(logs.values());
  }

  @Override
  public PartitionLog create(
      TopicPartition partition, Uuid topicId, int leaderEpoch, LogConfig config) {
    try {
      Optional<PartitionLog> open = makeRoom(partition, topicId, config);
      return open.isPresent() ? open.get() : open(partition, topicId, config);
    } catch (IOException | KafkaException e) {
      noteLost(partition, e);
      throw new KafkaStorageException(
          "The log of %s below %s cannot be opened: %s".formatted(partition, folder.path(), e), e);
    }
  }

  private synchronized void noteLost(TopicPartition partition, Exception cause) {
    if (!closed && !failed.isDone()) {
      lost.put(partition, cause.toString());
      metrics.lostLogs(lost.size());
    }
  }

  /** The log if it is open; else what stands in its place is deleted. */
  private synchronized Optional<PartitionLog> makeRoom(
      TopicPartition partition, Uuid topicId, LogConfig config) throws IOException {
    throwIfClosed();
    FilePartitionLog open = logs.get(partition);
    if (open != null && open.topicId().equals(topicId)) {
      open.updateConfig(config);
      return Optional.of(open);
    }
    delete(partition);
    if (folder.topicIdOf(partition).filter(id -> !id.equals(topicId)).isPresent()) {
      folder.deleteUnopened(partition);
    }
    return Optional.empty();
  }

  /** Without a lock: after an unclean stop each log is scanned, and they are many. */
  private PartitionLog open(TopicPartition partition, Uuid topicId, LogConfig config)
      throws IOException {
    var failures = new LogFailures((_, cause) -> logFailed(partition, topicId, cause));
    UnifiedLog log = folder.open(partition, topicId, config, failures);
    synchronized (this) {
      if (closed || failed.isDone()) {
        log.closeHandlers();
      }
      throwIfClosed();
      var made = new FilePartitionLog(log, topicId, failures, this);
      logs.put(partition, made);
      unified.put(partition, log);
      metrics.openLogs(logs.size());
      return made;
    }
  }

  private void throwIfClosed() {
    if (closed || failed.isDone()) {
      throw new KafkaStorageException("the logs are closed");
    }
  }

  @Override
  public synchronized void delete(TopicPartition partition) {
    FilePartitionLog log = logs.remove(partition);
    boolean wasLost = lost.remove(partition) != null;
    metrics.lostLogs(lost.size());
    if (log == null) {
      return;
    }
    unified.remove(partition);
    log.end(
        new UnknownTopicOrPartitionException("The topic of " + partition + " has been deleted."));
    cleaner.abortCleaning(partition);
    cleaner.updateCheckpoints(folder.path().toFile(), Optional.of(partition));
    UnifiedLog files = log.unifiedLog();
    metrics.openLogs(logs.size());
    if (wasLost) {
      files.closeHandlers(); // Kafka's code touches no file of such a log any more
      folder.abandon(partition);
      deleteUnopened(partition);
      return;
    }
    files.renameDir(UnifiedLog.logDeleteDirName(partition), false);
    // Readers may still be sending from these files.
    var _ =
        scheduler.schedule(
            "delete-" + partition,
            () -> deleteFiles(files),
            Math.max(1, files.config().fileDeleteDelayMs),
            -1);
    LOGGER
        .atInfo()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .log("Deleted a log");
  }

  @Override
  public void release(TopicPartition partition) {
    throw new IllegalStateException(
        "The log of %s lies in files: no other broker can lead it".formatted(partition));
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
        deleteUnopened(partition);
      }
    }
  }

  private void deleteUnopened(TopicPartition partition) {
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
    Optional<Map.Entry<TopicPartition, String>> one = lost.entrySet().stream().findAny();
    if (one.isPresent()) {
      return Optional.of(
          "%d logs below %s have failed, one is %s: %s; check the disk and start again"
              .formatted(lost.size(), folder.path(), one.get().getKey(), one.get().getValue()));
    }
    Duration stalled = committer.stalledFor();
    return stalled.compareTo(STALL) < 0
        ? space.problem()
        : Optional.of(
            "the disk of %s has not answered for %d s"
                .formatted(folder.path(), stalled.toSeconds()));
  }

  /**
   * Ends one log until the next start, which recovers it; all others go on. The last one ends the
   * engine. Never called under a log's lock.
   */
  void fail(FilePartitionLog log, Throwable cause) {
    TopicPartition partition = log.topicPartition();
    if (logs.get(partition) != log || lost.putIfAbsent(partition, cause.toString()) != null) {
      return;
    }
    unified.remove(partition);
    LOGGER
        .atError()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .setCause(cause)
        .log("A log has failed");
    log.end(
        new KafkaStorageException(
            "The log of %s cannot be used until the hub is started again: %s"
                .formatted(partition, cause),
            cause));
    metrics.lostLogs(lost.size());
    if (lost.keySet().containsAll(logs.keySet())) {
      fail(cause);
    }
  }

  private void logFailed(TopicPartition partition, Uuid topicId, Exception cause) {
    failureThread.execute(() -> {
      FilePartitionLog log = logs.get(partition);
      if (log != null && log.topicId().equals(topicId)) {
        fail(log, cause);
      }
    });
  }

  /** Kafka's cleaner names the log in its text alone. Anything else is its checkpoint, a help. */
  private void cleanerFailed(String message, IOException cause) {
    unified.forEach((partition, _) -> {
      FilePartitionLog log = logs.get(partition);
      if (log != null && message.contains(" log for " + partition + " in dir ")) {
        logFailed(partition, log.topicId(), cause);
      }
    });
  }

  private final class CommitFailures implements GroupCommitter.Failures {
    @Override
    public void ofLog(FilePartitionLog log, Exception cause) {
      fail(log, cause);
    }

    @Override
    public void ofAll(Throwable cause) {
      fail(cause);
    }
  }

  void admit(AppendOrigin origin, long bytes) {
    space.admit(origin, bytes);
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
    if (flush != FlushMode.OS) {
      committer.markDirty(log, records, bytes);
    }
    if (flush != FlushMode.ALWAYS) {
      try {
        log.complete(log.endOffset());
      } catch (IOException e) {
        fail(log, e);
      }
    }
  }

  void throwIfFailed() {
    if (failed.isDone()) {
      throw new KafkaStorageException(
          "The logs below " + folder.path() + " cannot be written any more.");
    }
  }

  /** Makes the logs' start offsets durable. */
  CompletableFuture<Void> checkpointStartOffsets() {
    return CompletableFuture.runAsync(() -> folder.writeStartOffsets(files()), committer);
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
      steps.add(() -> folder.writeStartOffsets(files()));
      steps.add(() -> folder.writeRecoveryPoints(files()));
    }
    run(steps);
    failureThread.close();
    if (!failed.isDone() && lost.isEmpty()) {
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
    if (failed.isDone() || lost.containsKey(log.topicPartition())) {
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
      deletable.forEach(this::applyRetention);
    } finally {
      cleaner.resumeCleaning(deletable.keySet());
    }
  }

  private void applyRetention(TopicPartition partition, UnifiedLog files) {
    try {
      metrics.retired(files.deleteOldSegments());
    } catch (IOException e) {
      FilePartitionLog log = logs.get(partition);
      if (log != null && log.unifiedLog().equals(files)) {
        fail(log, e);
      }
    } catch (KafkaStorageException _) {
      // Its own channel has told; the others' retention goes on.
    }
  }

  private static void deleteFiles(UnifiedLog files) {
    try {
      files.delete();
    } catch (KafkaStorageException e) {
      LOGGER.atWarn().addKeyValue("path", files.dir()).setCause(e).log("Files were left behind");
    }
  }
}
