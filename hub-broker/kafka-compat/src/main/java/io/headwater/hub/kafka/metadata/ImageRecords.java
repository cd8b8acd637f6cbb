package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.metadata.UnregisterBrokerRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * The records that lead from a metadata image to a snapshot. They set everything absolutely, so the
 * same snapshot gives the same content on every broker, whatever came between.
 */
final class ImageRecords {
  /**
   * Brokers carry no incarnation or epoch of their own here; what is derived from the id alone is
   * the same on every broker.
   */
  private static final long BROKER_EPOCH = 0;

  private ImageRecords() {}

  static List<ApiMessage> changes(MetadataImage image, TopicsSnapshot snapshot) {
    var records = new ArrayList<ApiMessage>();
    if (image.features().metadataVersion().isEmpty()) {
      records.add(
          new FeatureLevelRecord()
              .setName(MetadataVersion.FEATURE_NAME)
              .setFeatureLevel(MetadataVersion.latestProduction().featureLevel()));
    }
    addBrokers(image, snapshot, records);
    addTopics(image, snapshot, records);
    return records;
  }

  private static void addBrokers(
      MetadataImage image, TopicsSnapshot snapshot, List<ApiMessage> records) {
    for (Broker broker : snapshot.brokers().values()) {
      BrokerRegistration known = image.cluster().broker(broker.id());
      if (known == null || !known.rack().equals(java.util.Optional.ofNullable(broker.rack()))) {
        records.add(
            new RegisterBrokerRecord()
                .setBrokerId(broker.id())
                .setIncarnationId(new Uuid(0x4000L, broker.id()))
                .setBrokerEpoch(BROKER_EPOCH)
                .setRack(broker.rack())
                .setFenced(false));
      }
    }
    for (Integer id : image.cluster().brokers().keySet()) {
      if (!snapshot.brokers().containsKey(id)) {
        records.add(new UnregisterBrokerRecord().setBrokerId(id).setBrokerEpoch(BROKER_EPOCH));
      }
    }
  }

  private static void addTopics(
      MetadataImage image, TopicsSnapshot snapshot, List<ApiMessage> records) {
    for (Map.Entry<Uuid, TopicImage> known : image.topics().topicsById().entrySet()) {
      if (snapshot.topic(known.getKey()).isEmpty()) {
        records.add(new RemoveTopicRecord().setTopicId(known.getKey()));
      }
    }
    for (Topic topic : snapshot.topics().values()) {
      TopicImage known = image.topics().getTopic(topic.id());
      if (known == null) {
        records.add(new TopicRecord().setName(topic.name()).setTopicId(topic.id()));
      }
      for (Partition partition : topic.partitions()) {
        PartitionRegistration before =
            known == null ? null : known.partitions().get(partition.index());
        if (before == null || differs(before, partition)) {
          records.add(record(topic.id(), partition));
        }
      }
    }
  }

  private static boolean differs(PartitionRegistration before, Partition partition) {
    return before.leader != partition.leader()
        || before.leaderEpoch != partition.leaderEpoch()
        || !List.copyOf(org.apache.kafka.metadata.Replicas.toList(before.replicas))
            .equals(partition.replicas());
  }

  private static PartitionRecord record(Uuid topicId, Partition partition) {
    return new PartitionRecord()
        .setTopicId(topicId)
        .setPartitionId(partition.index())
        .setReplicas(partition.replicas())
        .setIsr(partition.replicas())
        .setLeader(partition.leader())
        .setLeaderEpoch(partition.leaderEpoch())
        .setPartitionEpoch(partition.leaderEpoch());
  }
}
