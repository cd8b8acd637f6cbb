package io.headwater.analytics;

import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.streams.Topology;

/** What a {@link QueryRunner} keeps running. */
interface Work {
  String name();

  /** As people call it: {@code query temperature}. */
  String title();

  /** What to do when it has failed over and over. */
  String remedy();

  /**
   * Topics that must be there, as they are made if they are not.
   *
   * @param config Streams' settings
   */
  List<NewTopic> topics(Properties config);

  Topology topology(Properties config);
}
