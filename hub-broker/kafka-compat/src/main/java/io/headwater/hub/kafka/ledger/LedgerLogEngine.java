package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.process.Threads;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.OffsetMap;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** The logs that this broker owns, in ledgers; see the package. */
public final class LedgerLogEngine implements LogEngine {
  private static final Logger LOGGER = LoggerFactory.getLogger(LedgerLogEngine.class);
  private static final int BACKGROUND_THREADS = 8;
  private static final long EXPIRY_CHECK_MS = 600_000;
  private static final long LATER_MS = 1_000;
  private static final long HEAL_CHECK_MS = 5_000;
  private static final long STALL_CHECK_MS = 500;

  /** Longer than one store is given to answer. */
  private static final Duration STALLED = Duration.ofSeconds(6);

  private static final long READ_AHEAD_CHECK_MS = 5_000;

  private final ConcurrentMap<TopicPartition, LedgerPartitionLog> logs = new ConcurrentHashMap<>();

  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final Ledgers ledgers;
  private final PartitionStates states;
  private final LedgerLogSettings settings;
  private final Path scratch;
  private final LogMetrics metrics;
  private final LostLogs lost;
  private final Timer takeovers;
  private final Time time;
  private final Takeover takeover;
  private final TailCache cache;
  private final ReadAheadBudget readAhead;
  private final AtomicLong underway = new AtomicLong();

  /** Partitions that had a state when the engine was opened and that nobody has asked for yet. */
  private final Set<PartitionStates.Key> unopened = ConcurrentHashMap.newKeySet();

  private final ExecutorService background =
      Executors.newFixedThreadPool(BACKGROUND_THREADS, Threads.factory("hub-ledgers"));
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-ledgers-timer"));

  /** One log after the other: the key map is large. */
  private final ScheduledExecutorService compactor =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-ledgers-compactor"));

  /** Made when it is first needed. Confined to the compactor. */
  private @Nullable OffsetMap keys;

  private final Openings openings =
      new Openings(
          new Openings.Opener() {
            @Override
            public void open(TopicPartition partition, Openings.Wanted wanted) {
              LedgerLogEngine.this.open(partition, wanted);
            }

            @Override
            public void giveUp(TopicPartition partition, Openings.Wanted wanted) {
              told().onGivenUp(partition, wanted.leaderEpoch());
            }
          });

  private volatile @Nullable Listener listener;

  /** Guarded by this. */
  private boolean closed;

  /**
   * @param scratch a folder that is this engine's own; what is in it is removed
   * @param broker this broker's id
   * @param ledgers closed with the engine, as are the states
   * @throws IOException if the folder cannot be used
   */
  public LedgerLogEngine(
      Ledgers ledgers,
      PartitionStates states,
      LedgerLogSettings settings,
      Path scratch,
      int broker,
      LogMetrics metrics,
      Time time)
      throws IOException {
    this.ledgers = ledgers;
    this.states = states;
    this.settings = settings;
    this.scratch = emptied(scratch);
    this.metrics = metrics;
    this.lost = new LostLogs(metrics);
    this.takeovers = metrics.takeovers();
    this.time = time;
    this.takeover = new Takeover(ledgers, states, settings, broker, time);
    this.cache = new TailCache(settings.cache().bytes());
    this.readAhead = new ReadAheadBudget(settings.readAhead().bytes());
    unopened.addAll(states.list());
    metrics.size(() -> logs.values().stream().mapToDouble(LedgerPartitionLog::size).sum());
    every(
        settings.retentionCheckInterval().toMillis(),
        () -> logs.values().forEach(LedgerPartitionLog::applyRetention));
    every(EXPIRY_CHECK_MS, () -> logs.values().forEach(LedgerPartitionLog::forgetExpiredProducers));
    long check = settings.compactionCheckInterval().toMillis();
    var _ = compactor.scheduleWithFixedDelay(this::compact, check, check, TimeUnit.MILLISECONDS);
    every(
        READ_AHEAD_CHECK_MS, () -> logs.values().forEach(LedgerPartitionLog::forgetUnwantedReads));
    every(HEAL_CHECK_MS, () -> logs.values().forEach(LedgerPartitionLog::heal));
    every(STALL_CHECK_MS, () -> logs.values().forEach(log -> log.failIfStalled(STALLED)));
  }

  private void compact() {
    for (LedgerPartitionLog log : logs.values()) {
      if (!log.config().compact) {
        continue;
      }
      try {
        OffsetMap map = keys;
        if (map == null) {
          map = new SkimpyOffsetMap(Math.toIntExact(settings.compactionMemory().bytes()));
          keys = map;
        }
        map.clear();
        log.compactIfDue(map);
      } catch (NoSuchAlgorithmException | RuntimeException e) {
        couldNotCompact(log.topicPartition(), e);
      }
    }
  }

  private static Path emptied(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> leftOver = Files.list(folder)) {
      for (Path file : leftOver.toList()) {
        Files.delete(file);
      }
    }
    return folder;
  }

  private void every(long periodMs, Runnable task) {
    var recurring = new Recurring(task, this::inBackground);
    var _ = timer.scheduleWithFixedDelay(recurring, periodMs, periodMs, TimeUnit.MILLISECONDS);
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
  public PartitionLog create(
      TopicPartition partition, Uuid topicId, int leaderEpoch, LogConfig config) {
    LedgerPartitionLog open;
    synchronized (this) {
      throwIfClosed();
      open = logs.get(partition);
      if (open != null && open.topicId().equals(topicId) && open.epoch() >= leaderEpoch) {
        open.updateConfig(config);
        return open;
      }
      if (open != null && open.topicId().equals(topicId)) {
        logs.remove(partition, open);
      } else {
        remove(partition);
        open = null;
      }
    }
    if (open != null) { // it was led under an older epoch: what that one appended ends first
      end(open);
    }
    var key = new PartitionStates.Key(topicId, partition.partition());
    unopened.remove(key);
    try {
      return take(partition, key, leaderEpoch, config);
    } catch (KafkaStorageException e) {
      throw e; // the logs are closed
    } catch (RuntimeException e) { // the stores', or what nobody has thought of
      noteLost(partition, String.valueOf(e.getMessage()));
      throw new KafkaStorageException(
          "The log of %s cannot be taken over: %s".formatted(partition, e.getMessage()), e);
    }
  }

  /** Without a lock: it waits for several stores, and partitions are many. */
  private PartitionLog take(
      TopicPartition partition, PartitionStates.Key key, int leaderEpoch, LogConfig config) {
    long began = time.hiResClockMs();
    Takeover.Taken taken = takeover.take(key, leaderEpoch, () -> placeForProducers(partition));
    var log = new LedgerPartitionLog(partition, key.topicId(), config, taken, this);
    synchronized (this) {
      if (closed) {
        log.closeLedgers();
      }
      throwIfClosed();
      logs.put(partition, log);
      lost.remove(partition);
      metrics.openLogs(logs.size());
    }
    log.begin();
    long millis = time.hiResClockMs() - began;
    takeovers.record(millis, TimeUnit.MILLISECONDS);
    LOGGER
        .atDebug()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .addKeyValue("leaderEpoch", leaderEpoch)
        .addKeyValue("offset", log.endOffset())
        .addKeyValue("millis", millis)
        .log("Took a log over");
    return log;
  }

  private synchronized void noteLost(TopicPartition partition, String reason) {
    if (!closed && !failed.isDone()) {
      lost.put(partition, reason);
    }
  }

  private void throwIfClosed() {
    if (closed || failed.isDone()) {
      throw new KafkaStorageException("the logs are closed");
    }
  }

  @Override
  public synchronized void delete(TopicPartition partition) {
    openings.unwant(partition, () -> {});
    remove(partition);
  }

  /** Deletes the log that is open; another one may be wanted in its place. */
  private void remove(TopicPartition partition) {
    LedgerPartitionLog log = logs.remove(partition);
    lost.remove(partition);
    metrics.openLogs(logs.size());
    if (log == null) {
      return;
    }
    log.end(
        new UnknownTopicOrPartitionException("The topic of " + partition + " has been deleted."));
    inBackground(() -> {
      PartitionState last = log.ownership().state();
      if (log.ownership().delete()) {
        log.closeLedgers();
        last.ledgers().forEach(part -> deleteLedger(part.ledger()));
      }
    });
    LOGGER
        .atInfo()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .log("Deleted a log");
  }

  @Override
  public void open(TopicPartition partition, Uuid topicId, int leaderEpoch, LogConfig config) {
    openings.want(partition, new Openings.Wanted(topicId, leaderEpoch, config));
  }

  private void open(TopicPartition partition, Openings.Wanted wanted) {
    try {
      create(partition, wanted.topicId(), wanted.leaderEpoch(), wanted.config());
    } catch (KafkaStorageException e) {
      if (!openings.wants(partition, wanted)) {
        lost.remove(partition); // another broker leads it by now
      }
      throw e;
    }
    told().onOpened(partition);
  }

  private Listener told() {
    Listener told = listener;
    return told == null ? Listener.DEAF : told;
  }

  @Override
  public void listen(Listener listener) {
    this.listener = listener;
  }

  @Override
  public void release(TopicPartition partition) {
    LedgerPartitionLog log = logs.get(partition);
    if (log != null) {
      log.refuseAppends(moved(log));
    }
    openings.unwant(
        partition,
        () -> {
          LedgerPartitionLog open = logs.remove(partition);
          if (open != null) {
            end(open);
          }
        });
    lost.remove(partition);
  }

  @Override
  public boolean isTaken(TopicPartition partition, Uuid topicId, int leaderEpoch) {
    return states
        .read(new PartitionStates.Key(topicId, partition.partition()))
        .map(found -> found.state().leaderEpoch() >= leaderEpoch)
        .orElse(true);
  }

  /** Leaves a log as a broker does that dies. */
  void abandon(TopicPartition partition) {
    LedgerPartitionLog log = logs.remove(partition);
    if (log != null) {
      log.end(moved(log));
      log.closeLedgers();
    }
  }

  /** Lets what was appended become durable, and closes the log here. */
  private void end(LedgerPartitionLog log) {
    NotLeaderOrFollowerException moved = moved(log);
    log.refuseAppends(moved);
    settle(log);
    log.end(moved);
    log.closeLedgers();
    metrics.openLogs(logs.size());
  }

  private static NotLeaderOrFollowerException moved(LedgerPartitionLog log) {
    return new NotLeaderOrFollowerException(
        "%s is not led here under leader epoch %d any more"
            .formatted(log.topicPartition(), log.epoch()));
  }

  @Override
  public void keepOnly(Map<TopicPartition, Uuid> wanted) {
    for (LedgerPartitionLog log : logs.values()) {
      if (!log.topicId().equals(wanted.get(log.topicPartition()))) {
        delete(log.topicPartition());
      }
    }
    var existing = new HashSet<PartitionStates.Key>();
    wanted.forEach(
        (partition, id) -> existing.add(new PartitionStates.Key(id, partition.partition())));
    unopened.removeIf(key -> {
      if (!existing.contains(key)) {
        inBackground(() -> deleteUnopened(key));
      }
      return true;
    });
  }

  /** Its topic is gone for good, ids are never given twice; whoever is faster does it. */
  private void deleteUnopened(PartitionStates.Key key) {
    states
        .read(key)
        .ifPresent(found -> {
          if (states.delete(key, found.version())) {
            found.state().ledgers().forEach(part -> deleteLedger(part.ledger()));
          }
        });
  }

  @Override
  public Optional<String> lost(TopicPartition partition) {
    return lost.reason(partition);
  }

  @Override
  public Map<TopicPartition, String> lost() {
    return lost.all();
  }

  @Override
  public CompletableFuture<Void> failed() {
    return failed;
  }

  @Override
  public Optional<String> problem() {
    Optional<String> late = openings.problem();
    return late.isPresent() ? late : lost.problem();
  }

  /** Ends one log; all others go on. */
  void fail(LedgerPartitionLog log, LedgerException cause) {
    TopicPartition partition = log.topicPartition();
    Listener told = listener;
    synchronized (this) {
      if (closed || logs.get(partition) != log) {
        return;
      }
      if (told != null) {
        logs.remove(partition);
      } else if (!lost.putIfAbsent(partition, String.valueOf(cause.getMessage()))) {
        return;
      }
    }
    LOGGER
        .atError()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .setCause(cause)
        .log("A log has failed");
    log.end(endOf(partition, cause));
    if (told != null) {
      inBackground(log::closeLedgers);
      metrics.openLogs(logs.size());
      told.onGivenUp(partition, log.epoch());
      return;
    }
    if (lost.containsAll(logs.keySet())) {
      failed.completeExceptionally(
          new KafkaStorageException("No ledger can be written any more: " + cause, cause));
    }
  }

  private static ApiException endOf(TopicPartition partition, LedgerException cause) {
    return cause.reason() == LedgerException.Reason.FENCED
        ? new NotLeaderOrFollowerException(partition + " has another leader now")
        : new KafkaStorageException(
            "The log of %s cannot be written: %s".formatted(partition, cause.getMessage()), cause);
  }

  /** Refuses clients' records for a moment while too many are on their way to the stores. */
  void admit(AppendOrigin origin) {
    long now = underway.get();
    if (origin == AppendOrigin.CLIENT && now > settings.inFlight().bytes()) {
      throw new NotEnoughReplicasException(
          "%d bytes are on their way to the stores, at most %d may be; they are slow."
              .formatted(now, settings.inFlight().bytes()));
    }
  }

  void sent(int bytes) {
    underway.addAndGet(bytes);
  }

  /** Stored or refused. */
  void arrived(int bytes) {
    underway.addAndGet(-bytes);
  }

  void appended(long records, long bytes) {
    metrics.appended(records, bytes);
  }

  void retired(int count) {
    metrics.retired(count);
  }

  void couldNotRoll(TopicPartition partition, RuntimeException cause) {
    LOGGER
        .atWarn()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .setCause(cause)
        .log("A change of a log's ledgers has to be tried again");
  }

  void couldNotCompact(TopicPartition partition, Exception cause) {
    LOGGER
        .atWarn()
        .addKeyValue("topicName", partition.topic())
        .addKeyValue("partition", partition.partition())
        .setCause(cause)
        .log("A log could not be compacted; it is tried again");
  }

  Producers placeForProducers(TopicPartition partition) {
    return new Producers(partition, scratch, settings, time);
  }

  SealedLedger sealed(TopicPartition partition, PartitionState.Part part) {
    return takeover.sealed(part, () -> placeForProducers(partition), null, null);
  }

  /** Runs when those who read now have ended. */
  void afterReaders(long delayMs, Runnable task) {
    try {
      var _ = timer.schedule(() -> inBackground(task), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      LOGGER.atDebug().log("A task came after the end");
    }
  }

  Ledgers.Writer makeLedger() {
    return Waits.await(ledgers.create(), settings.patience(), "making a ledger");
  }

  /** What is left is found by the {@link OrphanSweep}. */
  void deleteLedger(long ledger) {
    var _ =
        ledgers
            .delete(ledger)
            .exceptionally(failure -> {
              LOGGER
                  .atWarn()
                  .addKeyValue("ledger", ledger)
                  .setCause(failure)
                  .log("A ledger could not be deleted");
              return null;
            });
  }

  void inBackground(Runnable task) {
    try {
      background.execute(() -> {
        try {
          task.run();
        } catch (RuntimeException e) {
          LOGGER.atWarn().setCause(e).log("A task of the ledgers has failed");
        }
      });
    } catch (RejectedExecutionException _) {
      LOGGER.atDebug().log("A task came after the end");
    }
  }

  void later(Runnable task) {
    afterReaders(LATER_MS, task);
  }

  LedgerLogSettings settings() {
    return settings;
  }

  TailCache cache() {
    return cache;
  }

  ReadAheadBudget readAhead() {
    return readAhead;
  }

  Time time() {
    return time;
  }

  private boolean settle(LedgerPartitionLog log) {
    try {
      log.settle();
      return true;
    } catch (LedgerException e) {
      // The next owner may be faster, and finds out where it ends by itself.
      boolean isTaken = e.reason() == LedgerException.Reason.FENCED;
      LOGGER
          .atLevel(isTaken ? Level.DEBUG : Level.WARN)
          .addKeyValue("topicName", log.topicPartition().topic())
          .addKeyValue("partition", log.topicPartition().partition())
          .setCause(e)
          .log("A log was not ended in order; its next owner finds out where it ends");
      return false;
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    openings.close();
    var over = new KafkaStorageException("The logs are closed.");
    timer.shutdownNow();
    compactor.shutdown();
    compactor.shutdownNow(); // what it has made and not used is deleted
    compactor.close();
    logs.values().forEach(log -> log.refuseAppends(over));
    var settling = new ArrayList<CompletableFuture<Void>>();
    for (LedgerPartitionLog log : logs.values()) {
      settling.add(CompletableFuture.runAsync(() -> settle(log), background));
    }
    settling.forEach(CompletableFuture::join);
    background.close();
    logs.values()
        .forEach(log -> {
          log.end(over);
          log.closeLedgers();
        });
    ledgers.close();
    states.close();
  }
}
