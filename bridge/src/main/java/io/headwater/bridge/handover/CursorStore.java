package io.headwater.bridge.handover;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the cursors of lanes once nothing before is undecided. Confined to the hand-over's thread.
 *
 * <p>A lane may come with an open transaction of its owner before. Its cursors may be in there, so
 * they are read only when the last stable offset has reached the end; after a second whoever holds
 * it back is fenced, which aborts it.
 */
final class CursorStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(CursorStore.class);
  private static final long FENCE_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Admin admin;
  private final Consumer<byte[], byte[]> reader;

  /**
   * @param reader {@code read_committed}, in no group
   */
  CursorStore(Admin admin, Consumer<byte[], byte[]> reader) {
    this.admin = admin;
    this.reader = reader;
  }

  static TopicPartition partition(int lane) {
    return new TopicPartition(HubTopics.CURSORS, lane);
  }

  /** Takes a cursor; written in milliseconds since 1970. */
  @FunctionalInterface
  interface Sink {
    void cursor(CursorKey key, Cursor cursor, long writtenMs);
  }

  /** Where lanes' cursors come from. */
  @FunctionalInterface
  interface Source {
    void read(Collection<Integer> lanes, Sink cursors);
  }

  /** Gives the newest of all cursors of the lanes, in the order of writing. */
  void read(Collection<Integer> lanes, Sink cursors) {
    long began = System.nanoTime();
    Set<TopicPartition> partitions =
        lanes.stream().map(CursorStore::partition).collect(Collectors.toSet());
    Map<TopicPartition, Long> ends = new HashMap<>(awaitDecided(partitions));
    Map<TopicPartition, Long> begins =
        offsets(partitions, OffsetSpec.earliest(), IsolationLevel.READ_COMMITTED);
    ends.entrySet().removeIf(end -> begins.getOrDefault(end.getKey(), 0L) >= end.getValue());
    reader.assign(ends.keySet());
    // Sought to a number: the reader need not ask the hub again where each partition begins.
    ends.keySet().forEach(partition -> reader.seek(partition, begins.getOrDefault(partition, 0L)));
    long started = System.nanoTime();
    // By their bytes: most records are older versions, and not worth to be understood.
    var newest = new LinkedHashMap<ByteBuffer, ConsumerRecord<byte[], byte[]>>();
    while (!isRead(ends)) {
      for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
        if (record.key() != null) {
          newest.putLast(ByteBuffer.wrap(record.key()), record);
        }
      }
      if (System.nanoTime() - started > GIVE_UP_NANOS) {
        throw new KafkaException("the cursors were not read within 30 s");
      }
    }
    reader.assign(List.of());
    newest.values().forEach(record -> apply(record, cursors));
    LOGGER
        .atInfo()
        .addKeyValue("lanes", lanes.size())
        .addKeyValue("cursors", newest.size())
        .addKeyValue("millis", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began))
        .log("Cursors are read");
  }

  private boolean isRead(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(entry -> reader.position(entry.getKey()) >= entry.getValue());
  }

  private static void apply(ConsumerRecord<byte[], byte[]> record, Sink cursors) {
    if (record.value() == null) {
      return; // forgotten
    }
    Optional<CursorKey> key = CursorKey.parse(record.key());
    if (key.isEmpty()) {
      LOGGER
          .atWarn()
          .addKeyValue("partition", record.partition())
          .addKeyValue("offset", record.offset())
          .log("A record in the cursor topic is not a cursor");
      return;
    }
    Cursor cursor =
        Cursor.parse(record.value())
            // Going on without it would write again all that it covers.
            .orElseThrow(() ->
                new KafkaException(
                    "the cursor of gateway %s, %s-%d at offset %d, cannot be read; a newer bridge"
                            .formatted(
                                key.get().gateway(),
                                HubTopics.CURSORS,
                                record.partition(),
                                record.offset())
                        + " may have written it: start that one, or delete the cursor with"
                        + " 'headwater gateways forget'"));
    cursors.cursor(key.get(), cursor, record.timestamp());
  }

  private Map<TopicPartition, Long> awaitDecided(Set<TopicPartition> partitions) {
    Map<TopicPartition, Long> ends =
        offsets(partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
    long started = System.nanoTime();
    boolean fenced = false;
    while (true) {
      Map<TopicPartition, Long> stable =
          offsets(partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
      Set<TopicPartition> undecided =
          ends.entrySet().stream()
              .filter(entry -> stable.getOrDefault(entry.getKey(), 0L) < entry.getValue())
              .map(Map.Entry::getKey)
              .collect(Collectors.toSet());
      if (undecided.isEmpty()) {
        return ends;
      }
      long waited = System.nanoTime() - started;
      if (waited > GIVE_UP_NANOS) {
        throw new KafkaException("transactions in " + undecided + " stay open");
      }
      if (waited > FENCE_AFTER_NANOS && !fenced) {
        fenced = true;
        fenceHolders(undecided);
      }
      pause();
    }
  }

  private Map<TopicPartition, Long> offsets(
      Set<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation) {
    var specs = new HashMap<TopicPartition, OffsetSpec>();
    partitions.forEach(partition -> specs.put(partition, spec));
    Map<TopicPartition, ListOffsetsResultInfo> found =
        HubTopics.get(admin.listOffsets(specs, new ListOffsetsOptions(isolation)).all());
    return found.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
  }

  private void fenceHolders(Set<TopicPartition> undecided) {
    try {
      Set<Long> producers =
          HubTopics.get(admin.describeProducers(undecided).all()).values().stream()
              .flatMap(state -> state.activeProducers().stream())
              .filter(producer -> producer.currentTransactionStartOffset().isPresent())
              .map(producer -> producer.producerId())
              .collect(Collectors.toSet());
      List<String> ids =
          HubTopics.get(
                  admin
                      .listTransactions(new ListTransactionsOptions().filterProducerIds(producers))
                      .all())
              .stream()
              .map(TransactionListing::transactionalId)
              .toList();
      LOGGER.atInfo().addKeyValue("transactionalIds", ids).log("Fencing who holds lanes back");
      HubTopics.get(admin.fenceProducers(ids).all());
    } catch (KafkaException e) {
      // A hub without these calls: its own time-out decides the transaction.
      LOGGER
          .atWarn()
          .addKeyValue("error", e.getMessage())
          .log("Who holds lanes back could not be fenced");
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    }
  }
}
