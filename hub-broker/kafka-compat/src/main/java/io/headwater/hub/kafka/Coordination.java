package io.headwater.hub.kafka;

import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.UserError;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics of groups and transactions. Where they are missing, that waits until somebody
 * asks for a coordinator, as with Kafka: a hundred logs are not made for producers alone. {@link
 * Elections} then begin what this broker leads of them. Thread-safe.
 */
final class Coordination implements Supplier<CompletableFuture<Void>>, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Coordination.class);
  private static final Map<String, String> COMPACTED =
      Map.of("cleanup.policy", "compact", "segment.bytes", "104857600");
  private static final long PATIENCE_SECONDS = 30;

  private final TopicCatalog catalog;
  private final GroupCoordination groups;
  private final TransactionCoordinator transactions;
  private final GroupSettings groupSettings;
  private final TransactionSettings transactionSettings;
  private final AtomicReference<@Nullable CompletableFuture<Void>> begun = new AtomicReference<>();

  Coordination(
      TopicCatalog catalog,
      GroupCoordination groups,
      TransactionCoordinator transactions,
      GroupSettings groupSettings,
      TransactionSettings transactionSettings) {
    this.catalog = catalog;
    this.groups = groups;
    this.transactions = transactions;
    this.groupSettings = groupSettings;
    this.transactionSettings = transactionSettings;
  }

  /**
   * Whether the topics are there.
   *
   * @throws UserError if they have other numbers of partitions than the settings say
   */
  boolean isMade() {
    boolean groupsMade =
        isMade(Topic.GROUP_METADATA_TOPIC_NAME, groupSettings.offsetsTopicPartitions());
    boolean transactionsMade =
        isMade(Topic.TRANSACTION_STATE_TOPIC_NAME, transactionSettings.stateTopicPartitions());
    return groupsMade && transactionsMade;
  }

  private boolean isMade(String name, int partitions) {
    var known = catalog.current().topic(name);
    if (known.isPresent() && known.get().partitions().size() != partitions) {
      throw UserError.usage(
          name
              + " was made with "
              + known.get().partitions().size()
              + " partitions; the configuration says "
              + partitions
              + ". Groups and transactions are found by that number: set it back");
    }
    return known.isPresent();
  }

  /** Begins, if nobody has yet; completes when coordinators can be asked. */
  @Override
  public CompletableFuture<Void> get() {
    CompletableFuture<Void> before = begun.get();
    if (before != null) {
      return before;
    }
    boolean fresh = !isMade();
    var mine = new CompletableFuture<Void>();
    CompletableFuture<Void> other = begun.compareAndExchange(null, mine);
    if (other != null) {
      return other;
    }
    var stateConfigs = new HashMap<>(COMPACTED);
    stateConfigs.put("unclean.leader.election.enable", "false");
    make(Topic.GROUP_METADATA_TOPIC_NAME, groupSettings.offsetsTopicPartitions(), COMPACTED)
        .thenCompose(_ ->
            make(
                Topic.TRANSACTION_STATE_TOPIC_NAME,
                transactionSettings.stateTopicPartitions(),
                stateConfigs))
        .thenCompose(_ -> transactions.loaded())
        // Empty topics are read in no time; what full ones hold is waited for by its clients alone.
        .thenCompose(_ -> fresh ? groups.loaded() : CompletableFuture.completedFuture(null))
        .whenComplete((_, failure) -> {
          if (failure == null) {
            mine.complete(null);
          } else {
            LOGGER.atError().setCause(failure).log("Groups and transactions are not served");
            begun.set(null); // whoever asks next tries again
            mine.completeExceptionally(failure);
          }
        });
    return mine;
  }

  private CompletableFuture<Void> make(String name, int partitions, Map<String, String> configs) {
    return catalog.current().topic(name).isPresent()
        ? CompletableFuture.completedFuture(null)
        : catalog
            .create(new NewTopic(name, partitions, -1, configs), false)
            .handle((_, failure) -> {
              if (failure != null && !isMadeByAnother(failure)) {
                throw new CompletionException(failure);
              }
              return null;
            });
  }

  private static boolean isMadeByAnother(Throwable failure) {
    return failure instanceof TopicExistsException
        || failure.getCause() instanceof TopicExistsException;
  }

  /** What is being started can be closed only when it has been. */
  @Override
  public void close() {
    CompletableFuture<Void> running = begun.get();
    if (running == null) {
      return;
    }
    try {
      running.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOGGER.atDebug().setCause(e).log("Groups and transactions were never served");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
