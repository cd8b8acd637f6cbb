package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.Topology;

/** A query of the query file. */
record DeclaredWork(Query query, QueryMetrics metrics, Backlogs backlogs) implements Work {
  @Override
  public String name() {
    return query.name();
  }

  @Override
  public String title() {
    return "query " + name();
  }

  @Override
  public String remedy() {
    return "'headwater analytics reset "
        + name()
        + "' computes it anew, 'headwater analytics apply' tries it once more";
  }

  @Override
  public List<NewTopic> topics(Properties config) {
    Stream<String> overdue =
        query.recompute().isPresent()
            ? Stream.of(QueryTopology.overdueTopic(config))
            : Stream.empty();
    return Stream.concat(query.requiredTopics().stream(), overdue).map(this::made).toList();
  }

  private NewTopic made(String topic) {
    Output output = query.output();
    boolean own = output.topics().contains(topic);
    var made = new NewTopic(topic, own ? output.partitions() : Optional.empty(), Optional.empty());
    return own && output.retention().isPresent()
        ? made.configs(
            Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(output.retention().get().toMillis())))
        : made;
  }

  @Override
  public Topology topology(Properties config) {
    return QueryTopology.of(query, metrics, backlogs, config);
  }
}
