package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metrics.ShownTopics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * What clients bring and take, by topic. Thread-safe.
 *
 * <p>Topics that have no series of their own, and such as do not exist, are added up under a name
 * that no topic can have, so that the sum over all topics is always right.
 */
public final class ApiMetrics {
  /** Not a legal name of a topic. */
  private static final String OTHER = "(other)";

  private final MeterRegistry registry;
  private final ShownTopics shown;
  private final Map<String, OfTopic> topics = new ConcurrentHashMap<>();

  public ApiMetrics(MeterRegistry registry, ShownTopics shown) {
    this.registry = registry;
    this.shown = shown;
  }

  OfTopic of(String topic) {
    OfTopic known = topics.get(topic);
    if (known != null) {
      return known;
    }
    return topics.computeIfAbsent(shown.contains(topic) ? topic : OTHER, OfTopic::new);
  }

  /** Takes the series of topics away that are not shown any more. */
  public void forgetDeleted() {
    topics
        .values()
        .removeIf(counts -> {
          boolean gone = !counts.topic.equals(OTHER) && !shown.contains(counts.topic);
          if (gone) {
            counts.close();
          }
          return gone;
        });
  }

  /** The counters of one topic. */
  final class OfTopic {
    private final String topic;
    private final List<Meter> meters = new ArrayList<>();
    private final Counter produceRequests;
    private final Counter producedRecords;
    private final Counter producedBytes;
    private final Counter duplicates;
    private final Counter fetchRequests;
    private final Counter fetchedBytes;

    // Guarded by this: a request may still be at work when its topic is deleted.
    private final Map<Errors, Counter> refusedBatches = new HashMap<>();
    private final Map<Errors, Counter> refusedReads = new HashMap<>();
    private boolean closed;

    private OfTopic(String topic) {
      this.topic = topic;
      produceRequests =
          add(counter("hub.produce.requests", "requests", "Produce requests that name a topic"));
      producedRecords =
          add(counter("hub.produce.records", "records", "Records appended by clients"));
      producedBytes = add(counter("hub.produce.bytes", "bytes", "Bytes appended by clients"));
      duplicates =
          add(
              counter(
                  "hub.produce.duplicates",
                  "batches",
                  "Batches that were there already: a producer has sent them again"));
      fetchRequests =
          add(counter("hub.fetch.requests", "requests", "Fetch requests that name a topic"));
      fetchedBytes = add(counter("hub.fetch.bytes", "bytes", "Bytes of records sent to consumers"));
    }

    private Counter.Builder counter(String name, String unit, String description) {
      return Counter.builder(name).description(description).baseUnit(unit).tag("topic", topic);
    }

    private Counter add(Counter.Builder builder) {
      Counter counter = builder.register(registry);
      meters.add(counter);
      return counter;
    }

    void produceRequest() {
      produceRequests.increment();
    }

    void produced(long records, long bytes) {
      producedRecords.increment((double) records);
      producedBytes.increment((double) bytes);
    }

    void duplicate() {
      duplicates.increment();
    }

    synchronized void refusedBatch(Errors reason) {
      if (!closed) {
        refusedBatches
            .computeIfAbsent(
                reason,
                _ ->
                    add(
                        counter(
                                "hub.produce.refused",
                                "batches",
                                "Batches of a partition that were not appended, by reason")
                            .tag("reason", reason.name())))
            .increment();
      }
    }

    void fetchRequest() {
      fetchRequests.increment();
    }

    void fetched(long bytes) {
      fetchedBytes.increment((double) bytes);
    }

    synchronized void refusedRead(Errors reason) {
      if (!closed) {
        refusedReads
            .computeIfAbsent(
                reason,
                _ ->
                    add(
                        counter(
                                "hub.fetch.refused",
                                "reads",
                                "Reads of a partition that were not served, by reason")
                            .tag("reason", reason.name())))
            .increment();
      }
    }

    private synchronized void close() {
      closed = true;
      meters.forEach(registry::remove);
    }
  }
}
