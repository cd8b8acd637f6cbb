package io.headwater.analytics.api;

import java.util.Properties;
import java.util.Set;
import org.apache.kafka.streams.Topology;

/**
 * A Streams topology of a user's own, which the analytics process runs beside the declared queries:
 * it is started when its topics are there, started again after whatever ended it, stopped when it
 * fails over and over because of what it reads, and told of in {@code /health}, {@code /metrics}
 * and {@code /api/queries}.
 *
 * <p>Found by {@link java.util.ServiceLoader} in the jars that the setting {@code topologies}
 * names: each has a file {@code META-INF/services/io.headwater.analytics.api.OwnTopology} with the
 * names of classes, which have a public constructor without parameters.
 */
public interface OwnTopology {
  /**
   * Its name among the process' topologies; part of its consumer group and internal topics.
   *
   * @return 1 to 100 characters out of {@code a-z A-Z 0-9 . _ -}
   */
  String name();

  /** Topics that must be there before it starts; missing ones are made as the hub makes them. */
  Set<String> topics();

  /**
   * Builds the topology; called at each start, in the runner's thread.
   *
   * @param config Streams' settings, with the process' own: exactly-once, state folder, memory of
   *     the stores. Hand them to {@code new StreamsBuilder(new TopologyConfig(…))} if stores are to
   *     be of the kind that is set
   * @throws RuntimeException if it cannot be built; it is tried again, and given up after three
   *     times
   */
  Topology topology(Properties config);
}
