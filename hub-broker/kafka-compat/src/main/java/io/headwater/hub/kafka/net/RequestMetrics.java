package io.headwater.hub.kafka.net;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceResponse;

/** What becomes of requests, by API. The meters of an API are made at its first request. */
final class RequestMetrics {
  /** Few, since there are so many APIs. */
  private static final Duration[] BUCKETS =
      LongStream.of(1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** Those that wait for something to happen, not for what they have written. */
  private static final Set<ApiKeys> LONG_POLLS =
      EnumSet.of(ApiKeys.FETCH, ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP);

  private final MeterRegistry registry;
  private final Map<ApiKeys, OfApi> apis = new ConcurrentHashMap<>();

  /** Where a request's time goes. The stages of a request add up to its time. */
  private enum Stage {
    /** From its last byte until a worker begins with it. */
    QUEUE,
    /** Parsing, and the handler until it returns. */
    HANDLE,
    /** Until what it writes is as durable as it asks for. */
    LOG,
    /** A long poll, until there is enough or its time is over. */
    PURGATORY,
    /** From the answer, also while it waits for those before it, until the socket has taken it. */
    SEND
  }

  RequestMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  OfApi of(ApiKeys key) {
    OfApi known = apis.get(key);
    return known == null ? apis.computeIfAbsent(key, OfApi::new) : known;
  }

  /** One API. Thread-safe. */
  final class OfApi {
    private final ApiKeys key;
    private final Timer queue;
    private final Timer handle;
    private final Timer wait;
    private final Timer send;
    private final Timer total;
    private final DistributionSummary requestSize;
    private final DistributionSummary responseSize;
    private final Map<Short, Counter> versions = new ConcurrentHashMap<>();
    private final Map<Errors, Counter> errors = new ConcurrentHashMap<>();

    private OfApi(ApiKeys key) {
      this.key = key;
      queue = stage(Stage.QUEUE);
      handle = stage(Stage.HANDLE);
      wait = stage(LONG_POLLS.contains(key) ? Stage.PURGATORY : Stage.LOG);
      send = stage(Stage.SEND);
      total =
          Timer.builder("hub.request")
              .description("Time from a request's last byte until its answer is in the socket")
              .serviceLevelObjectives(BUCKETS)
              .tag("api", key.name)
              .register(registry);
      requestSize =
          DistributionSummary.builder("hub.request.size")
              .description("Sizes of requests")
              .baseUnit("bytes")
              .tag("api", key.name)
              .register(registry);
      responseSize =
          DistributionSummary.builder("hub.response.size")
              .description("Sizes of answers")
              .baseUnit("bytes")
              .tag("api", key.name)
              .register(registry);
    }

    private Timer stage(Stage stage) {
      return Timer.builder("hub.request.stage")
          .description("Where the time of requests goes: queue, handle, log, purgatory, send")
          .tag("api", key.name)
          .tag("stage", stage.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }

    void received(short version, int bytes) {
      requestSize.record(bytes);
      Counter counter = versions.get(version);
      if (counter == null) {
        counter = versions.computeIfAbsent(version, this::countVersion);
      }
      counter.increment();
    }

    private Counter countVersion(short version) {
      return Counter.builder("hub.requests")
          .description("Requests, by API and version")
          .baseUnit("requests")
          .tag("api", key.name)
          .tag("version", Short.toString(version))
          .register(registry);
    }

    /**
     * An answer has gone out. Its times are of {@code System.nanoTime()}.
     *
     * @param arrived its request's last byte
     * @param begun by a worker
     * @param handled the handler has returned
     * @param answered what it waited for has come
     * @param sent the socket has taken the last byte
     */
    void answered(long arrived, long begun, long handled, long answered, long sent) {
      queue.record(begun - arrived, TimeUnit.NANOSECONDS);
      handle.record(handled - begun, TimeUnit.NANOSECONDS);
      wait.record(answered - handled, TimeUnit.NANOSECONDS);
      send.record(sent - answered, TimeUnit.NANOSECONDS);
      total.record(sent - arrived, TimeUnit.NANOSECONDS);
    }

    void responseSize(long bytes) {
      responseSize.record((double) bytes);
    }

    /** Counts the errors within an answer; for records without a map for each. */
    void errors(AbstractResponse response) {
      switch (response) {
        case ProduceResponse produce -> {
          for (TopicProduceResponse topic : produce.data().responses()) {
            for (PartitionProduceResponse partition : topic.partitionResponses()) {
              error(partition.errorCode(), 1);
            }
          }
        }
        case FetchResponse fetch -> {
          error(fetch.data().errorCode(), 1);
          for (FetchableTopicResponse topic : fetch.data().responses()) {
            for (PartitionData partition : topic.partitions()) {
              error(partition.errorCode(), 1);
            }
          }
        }
        default -> response.errorCounts().forEach((error, count) -> error(error.code(), count));
      }
    }

    private void error(short code, int count) {
      if (code != Errors.NONE.code()) {
        errors.computeIfAbsent(Errors.forCode(code), this::countError).increment(count);
      }
    }

    private Counter countError(Errors error) {
      return Counter.builder("hub.request.errors")
          .description("Errors within answers, by API and the protocol's code")
          .baseUnit("errors")
          .tag("api", key.name)
          .tag("error", error.name())
          .register(registry);
    }
  }
}
