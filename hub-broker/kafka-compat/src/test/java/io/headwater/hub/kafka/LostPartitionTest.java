package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log that cannot be opened takes its partition, and nothing else. */
@Timeout(60)
class LostPartitionTest {
  private static final TopicPartition GOOD = new TopicPartition("t", 0);
  private static final TopicPartition BAD = new TopicPartition("t", 1);

  @TempDir private Path folder;
  private TestHub hub;

  @BeforeEach
  void startWithoutOneLog() throws Exception {
    hub = TestHub.start(folder);
    try (var admin = hub.admin();
        var producer = hub.producer(Map.of())) {
      admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get();
      producer.send(new ProducerRecord<>("t", 0, "k", "good")).get();
      producer.send(new ProducerRecord<>("t", 1, "k", "bad")).get();
    }
    hub.stop();
    Path segment = hub.folder(BAD).resolve("00000000000000000000.log");
    Files.delete(segment);
    Files.createDirectory(segment); // cannot be opened as a file
    hub.start();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void requestsOfThePartitionAreToldAStorageErrorInsteadOfAnotherLeader() throws Exception {
    var produce = new ProduceRequestData.TopicProduceDataCollection();
    produce.add(
        new ProduceRequestData.TopicProduceData()
            .setName("t")
            .setPartitionData(
                List.of(
                    new ProduceRequestData.PartitionProduceData()
                        .setIndex(1)
                        .setRecords(Samples.records()))));
    Map<ApiKeys, ApiMessage> requests =
        Map.of(
            ApiKeys.PRODUCE,
            new ProduceRequestData().setAcks((short) -1).setTimeoutMs(5_000).setTopicData(produce),
            ApiKeys.FETCH,
            new FetchRequestData()
                .setMaxWaitMs(10_000)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setTopics(
                    List.of(
                        new FetchRequestData.FetchTopic()
                            .setTopic("t")
                            .setPartitions(
                                List.of(
                                    new FetchRequestData.FetchPartition()
                                        .setPartition(1)
                                        .setPartitionMaxBytes(1 << 20))))),
            ApiKeys.LIST_OFFSETS,
            new ListOffsetsRequestData()
                .setTopics(
                    List.of(
                        new ListOffsetsRequestData.ListOffsetsTopic()
                            .setName("t")
                            .setPartitions(
                                List.of(
                                    new ListOffsetsRequestData.ListOffsetsPartition()
                                        .setPartitionIndex(1)
                                        .setTimestamp(-1))))));
    for (var request : requests.entrySet()) {
      assertThat(hub.send(request.getKey(), 9, request.getValue()).errorCounts())
          .as("%s", request.getKey())
          .containsKey(Errors.KAFKA_STORAGE_ERROR);
    }
  }

  @Test
  void itHasNoLeaderIsNamedByItsFolderAndTheOtherGoesOn() throws Exception {
    try (var admin = hub.admin();
        var producer = hub.producer(Map.of());
        var consumer = hub.consumer(Map.of())) {
      var partitions =
          Objects.requireNonNull(admin.describeTopics(List.of("t")).allTopicNames().get().get("t"))
              .partitions();
      assertThat(partitions.get(0).leader()).extracting(Node::id).isEqualTo(1);
      assertThat(partitions.get(1).leader()).isNull();

      var folders = admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1);
      assertThat(folders).hasSize(2);
      assertThat(Objects.requireNonNull(folders))
          .hasEntrySatisfying(
              hub.folder(BAD).toString(),
              lost -> assertThat(lost.error()).isInstanceOf(KafkaStorageException.class))
          .hasEntrySatisfying(
              Objects.requireNonNull(hub.folder(BAD).getParent()).toString(),
              all -> {
                assertThat(all.error()).isNull();
                assertThat(all.replicaInfos()).containsKey(GOOD).doesNotContainKey(BAD);
              });

      producer.send(new ProducerRecord<>("t", 0, "k", "more")).get();
      consumer.assign(List.of(GOOD));
      int read = 0;
      while (read < 2) {
        read += consumer.poll(Duration.ofMillis(100)).count();
      }
    }
    try (var producer =
        hub.producer(
            Map.of("delivery.timeout.ms", 600, "request.timeout.ms", 500, "linger.ms", 0))) {
      assertThatThrownBy(() -> producer.send(new ProducerRecord<>("t", 1, "k", "v")).get())
          .as("waits for a leader, as with Kafka")
          .hasMessageContaining("t-1");
    }
  }
}
