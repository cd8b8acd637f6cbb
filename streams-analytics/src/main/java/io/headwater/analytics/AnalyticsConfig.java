package io.headwater.analytics;

import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of the analytics process.
 *
 * @param data folder for state, used by this process alone
 * @param hub addresses of the hub or of a Kafka cluster; one that answers is enough
 * @param queries the query file; required, but only the command can say so in its own words
 * @param http where the page, {@code /api}, {@code /metrics} and {@code /health} are served
 * @param advertise where the other instances of the application find this one's {@code http}; by
 *     default as bound, or this machine's name when bound to all addresses
 * @param application first part of the consumer groups and internal topics; processes with the same
 *     one share the work
 * @param commitInterval how often state, results and offsets are committed, which is how long a
 *     result may wait; 10 ms to 5 s, because the hub ends a transaction after 10 s
 * @param sessionTimeout how long the hub waits for a silent process before its work goes to others;
 *     1 s to 5 min
 * @param threads of each query; 1 to 64
 * @param standbys copies of each query's state that other instances keep up to date, so that a
 *     take-over need not restore it; 0 to 4
 * @param store where windows are kept: on disk and in {@code state-memory}, or on the heap
 * @param stateMemory off-heap memory that the state of all queries shares, at least 4 MiB
 * @param topologies jars with topologies of the user's own
 */
record AnalyticsConfig(
    Path data,
    List<HostPort> hub,
    Optional<Path> queries,
    HostPort http,
    Optional<HostPort> advertise,
    String application,
    Duration commitInterval,
    Duration sessionTimeout,
    int threads,
    int standbys,
    Store store,
    ByteSize stateMemory,
    List<Path> topologies) {

  /** Kinds of state store. */
  enum Store {
    ROCKSDB,
    MEMORY
  }

  static final AnalyticsConfig DEFAULTS =
      new AnalyticsConfig(
          Path.of(".headwater", "analytics"),
          List.of(new HostPort("localhost", 9092)),
          Optional.empty(),
          new HostPort("127.0.0.1", 8083),
          Optional.empty(),
          "headwater-analytics",
          Duration.ofMillis(100),
          Duration.ofSeconds(10),
          1,
          0,
          Store.ROCKSDB,
          new ByteSize(64L << 20),
          List.of());

  AnalyticsConfig {
    hub = List.copyOf(hub);
    topologies = List.copyOf(topologies);
    if (hub.isEmpty()) {
      throw new IllegalArgumentException("hub is empty: write at least one host:port");
    }
    if (!Query.isName(application)) {
      throw new IllegalArgumentException(
          "application '" + application + "' must be " + Query.NAME_RULE);
    }
    within("commit-interval", commitInterval, Duration.ofMillis(10), Duration.ofSeconds(5));
    within("session-timeout", sessionTimeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
    if (threads < 1 || threads > 64) {
      throw new IllegalArgumentException("threads " + threads + " is not between 1 and 64");
    }
    if (standbys < 0 || standbys > 4) {
      throw new IllegalArgumentException("standbys " + standbys + " is not between 0 and 4");
    }
    if (advertise.isPresent() && advertise.get().port() == 0) {
      throw new IllegalArgumentException(
          "advertise " + advertise.get() + " has no port: write the one that others can reach");
    }
    if (stateMemory.bytes() < 4L << 20) {
      throw new IllegalArgumentException(
          "state-memory " + stateMemory.bytes() + " bytes < min 4MiB");
    }
  }

  private static void within(String key, Duration value, Duration min, Duration max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          "%s %d ms is not between %d ms and %d ms"
              .formatted(key, value.toMillis(), min.toMillis(), max.toMillis()));
    }
  }
}
