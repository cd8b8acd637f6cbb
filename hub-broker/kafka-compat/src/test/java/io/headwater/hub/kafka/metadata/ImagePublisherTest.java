package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ImagePublisherTest {
  private record Published(MetadataDelta delta, MetadataImage image) {}

  private final StoredCatalog catalog = MemoryStore.catalog();
  private final ImagePublisher publisher = new ImagePublisher();
  private final ArrayList<Published> published = new ArrayList<>();

  @Test
  void eachSnapshotBecomesAnImageWithItsVersion() {
    publisher.subscribe((delta, image) -> published.add(new Published(delta, image)));
    catalog.subscribe(publisher::publish);
    Topic topic = catalog.create(new NewTopic("t", 2, 1, Map.of()), false).join();

    assertThat(published).hasSize(3);
    MetadataImage image = publisher.image();
    assertThat(image.provenance().lastContainedOffset()).isEqualTo(catalog.current().version());
    assertThat(image.features().metadataVersion()).isPresent();
    assertThat(image.cluster().broker(1)).isNotNull();
    var topicImage = image.topics().getTopic(topic.id());
    assertThat(topicImage.partitions()).hasSize(2);
    assertThat(topicImage.partitions().values()).allMatch(partition -> partition.leader == 1);

    catalog.createPartitions("t", 3, List.of(), false).join();
    catalog.raiseLeaderEpoch(new TopicPartition("t", 0)).join();
    var grown = publisher.image().topics().getTopic("t");
    assertThat(grown.id()).isEqualTo(topic.id());
    assertThat(grown.partitions()).hasSize(3);
    assertThat(grown.partitions().get(0))
        .extracting(partition -> partition.leaderEpoch, partition -> partition.partitionEpoch)
        .containsExactly(1, 1);
  }

  @Test
  void aDeletedTopicIsInTheDelta() {
    catalog.subscribe(publisher::publish);
    Topic topic = catalog.create(NewTopic.withDefaults("t"), false).join();
    publisher.subscribe((delta, image) -> published.add(new Published(delta, image)));
    catalog.delete("t").join();
    MetadataDelta delta = published.getLast().delta();
    assertThat(delta.topicsDelta()).isNotNull();
    assertThat(java.util.Objects.requireNonNull(delta.topicsDelta()).deletedTopicIds())
        .containsExactly(topic.id());
    assertThat(publisher.image().topics().topicsById()).isEmpty();
  }

  @Test
  void theSameSnapshotsGiveTheSameImageWhateverCameBetween() {
    catalog.create(NewTopic.withDefaults("gone"), false).join();
    catalog.subscribe(publisher::publish);
    catalog.create(NewTopic.withDefaults("t"), false).join();
    catalog.delete("gone").join();
    catalog.createPartitions("t", 7, List.of(), false).join();
    var late = new ImagePublisher();
    late.publish(catalog.current());
    assertThat(late.image().topics()).isEqualTo(publisher.image().topics());
    assertThat(late.image().cluster()).isEqualTo(publisher.image().cluster());
    late.publish(catalog.current());
    late.subscribe((delta, image) -> published.add(new Published(delta, image)));
    assertThat(published).hasSize(1);
  }
}
