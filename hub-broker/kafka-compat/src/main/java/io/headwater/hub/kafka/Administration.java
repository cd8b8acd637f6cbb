package io.headwater.hub.kafka;

import io.headwater.hub.kafka.api.AlterConfigsHandler;
import io.headwater.hub.kafka.api.AlterPartitionReassignmentsHandler;
import io.headwater.hub.kafka.api.AlterReplicaLogDirsHandler;
import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.api.CreatePartitionsHandler;
import io.headwater.hub.kafka.api.CreateTopicsHandler;
import io.headwater.hub.kafka.api.DeleteTopicsHandler;
import io.headwater.hub.kafka.api.DescribeClusterHandler;
import io.headwater.hub.kafka.api.DescribeConfigsHandler;
import io.headwater.hub.kafka.api.DescribeLogDirsHandler;
import io.headwater.hub.kafka.api.DescribeTopicPartitionsHandler;
import io.headwater.hub.kafka.api.ElectLeadersHandler;
import io.headwater.hub.kafka.api.IncrementalAlterConfigsHandler;
import io.headwater.hub.kafka.api.ListConfigResourcesHandler;
import io.headwater.hub.kafka.api.ListPartitionReassignmentsHandler;
import io.headwater.hub.kafka.api.MetadataHandler;
import io.headwater.hub.kafka.api.Partitions;
import io.headwater.hub.kafka.api.UnregisterBrokerHandler;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** What is asked about the cluster, its topics and their settings, and what changes them. */
final class Administration {
  private static final int UNKNOWN = -1;

  private Administration() {}

  /**
   * @param elects whether brokers elect one that gives partitions to them; otherwise each says of
   *     itself that it does
   */
  static List<ApiHandler<?>> handlers(
      Broker.Settings settings,
      TopicCatalog catalog,
      LogEngine engine,
      Partitions partitions,
      boolean elects) {
    int node = settings.nodeId();
    IntSupplier controller = () -> catalog.controller().orElse(elects ? UNKNOWN : node);
    return List.of(
        new MetadataHandler(catalog, partitions, controller, settings.autoCreateTopics()),
        new DescribeTopicPartitionsHandler(catalog, partitions),
        new DescribeClusterHandler(catalog, controller),
        new UnregisterBrokerHandler(catalog),
        new CreateTopicsHandler(catalog),
        new DeleteTopicsHandler(catalog, partitions),
        new CreatePartitionsHandler(catalog),
        new ElectLeadersHandler(catalog),
        new AlterPartitionReassignmentsHandler(catalog),
        new ListPartitionReassignmentsHandler(),
        new DescribeLogDirsHandler(engine, catalog, node, settings.logFolder()),
        new AlterReplicaLogDirsHandler(catalog, settings.logFolder()),
        new DescribeConfigsHandler(catalog, node, brokerSettings(settings)),
        new IncrementalAlterConfigsHandler(catalog),
        new AlterConfigsHandler(catalog),
        new ListConfigResourcesHandler(catalog));
  }

  private static Map<String, String> brokerSettings(Broker.Settings settings) {
    return Map.of(
        "broker.id", Integer.toString(settings.nodeId()),
        "num.partitions", Integer.toString(settings.defaultPartitions()),
        "default.replication.factor", Integer.toString(settings.replicationFactor()),
        "auto.create.topics.enable", Boolean.toString(settings.autoCreateTopics()),
        "log.dirs", settings.logFolder().toAbsolutePath().toString(),
        "offsets.topic.num.partitions",
            Integer.toString(settings.groups().offsetsTopicPartitions()),
        "transaction.state.log.num.partitions",
            Integer.toString(settings.transactions().stateTopicPartitions()));
  }
}
