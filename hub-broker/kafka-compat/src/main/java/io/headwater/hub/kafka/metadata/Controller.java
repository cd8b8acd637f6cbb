package io.headwater.hub.kafka.metadata;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives partitions to brokers, on the one broker that was elected to do so: at once to others when
 * their leader is gone, and evenly again when nobody has come or gone for a while. Whoever leaves
 * in order hands on himself what he leads.
 *
 * <p>All state is confined to the thread {@code hub-controller-0}. Two that believe to be elected
 * do no harm: each change is written under a version check, and both would decide the same.
 */
public final class Controller implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Controller.class);
  private static final Duration AGAIN = Duration.ofMillis(500);

  private final StoredCatalog catalog;
  private final Duration calm;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-controller"));
  private final TopicCatalog.Subscription subscription;

  // Confined to the thread.
  private boolean elected;
  private Set<Integer> members = Set.of();
  private int changes;

  /**
   * @param calm how long nobody may have come or gone before partitions are moved for balance
   */
  public Controller(StoredCatalog catalog, Duration calm) {
    this.catalog = catalog;
    this.calm = calm;
    catalog.standForController(isElected ->
        execute(() -> {
          elected = isElected;
          members = Set.of();
          look();
        }));
    subscription = catalog.subscribe(_ -> execute(this::look));
  }

  private void execute(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException _) {
      LOGGER.atDebug().log("A change came after the end");
    }
  }

  private void look() {
    if (!elected) {
      return;
    }
    reassign("A leader is gone", Kind.SUCCESSION);
    Set<Integer> now = staying(catalog.current());
    if (!now.equals(members)) {
      members = now;
      int change = ++changes;
      balanceAfter(calm, change);
    }
  }

  private void balanceAfter(Duration delay, int change) {
    try {
      var _ =
          thread.schedule(
              () -> {
                if (elected && change == changes) {
                  reassign("Partitions are shared out", Kind.BALANCE);
                }
              },
              delay.toMillis(),
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      LOGGER.atDebug().log("A change came after the end");
    }
  }

  private enum Kind {
    SUCCESSION,
    BALANCE
  }

  private static List<Topic> decide(TopicsSnapshot snapshot, Kind kind) {
    Set<Integer> leaving = Leadership.leaving(snapshot);
    return switch (kind) {
      case SUCCESSION -> Leadership.succeed(snapshot, leaving);
      case BALANCE -> Leadership.balance(snapshot, leaving);
    };
  }

  private void reassign(String why, Kind kind) {
    try {
      // By the catalog's thread: when a subscriber hears of a snapshot it is not the current one
      // yet.
      List<Topic> changed = catalog.reassign(snapshot -> decide(snapshot, kind)).join();
      if (!changed.isEmpty()) {
        LOGGER.atInfo().addKeyValue("topics", changed.size()).log(why);
      }
    } catch (CompletionException e) {
      LOGGER.atWarn().setCause(e).log("Leaders could not be changed; that is tried again");
      try {
        var _ = thread.schedule(this::look, AGAIN.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException _) {
        LOGGER.atDebug().log("A change came after the end");
      }
    }
  }

  private static Set<Integer> staying(TopicsSnapshot snapshot) {
    return snapshot.brokers().values().stream()
        .filter(broker -> !broker.leaving())
        .map(Broker::id)
        .collect(Collectors.toSet());
  }

  @Override
  public void close() {
    subscription.close();
    thread.shutdownNow();
    thread.close();
  }
}
