package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fetches that want little, or less than nothing. */
@Timeout(60)
class FetchBoundsTest {
  /** More than the test has. */
  private static final int LONG_MS = 100_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"0,1000", "-1000000,1000", "-2147483648,1000", "1000,0", "1000,-5", "-1,-1"})
  void theFirstBatchIsAnsweredAtOnce(int maxBytes, int partitionMaxBytes) throws Exception {
    try (TestHub hub = TestHub.start(folder);
        var admin = hub.admin();
        var producer = hub.producer(Map.of())) {
      admin.createTopics(List.of(new NewTopic("data", 1, (short) 1))).all().get();
      for (int i = 0; i < 2; i++) {
        producer.send(new ProducerRecord<>("data", "value")).get();
      }
      var partition = new FetchRequestData.FetchPartition().setPartitionMaxBytes(partitionMaxBytes);
      var request =
          new FetchRequestData()
              .setMaxWaitMs(LONG_MS)
              .setMinBytes(1)
              .setMaxBytes(maxBytes)
              .setTopics(
                  List.of(
                      new FetchRequestData.FetchTopic()
                          .setTopic("data")
                          .setPartitions(List.of(partition))));

      var answer = (FetchResponse) hub.send(ApiKeys.FETCH, 12, request);

      assertThat(answer.data().errorCode()).isEqualTo(Errors.NONE.code());
      FetchResponseData.PartitionData read =
          answer.data().responses().getFirst().partitions().getFirst();
      assertThat(Errors.forCode(read.errorCode())).isEqualTo(Errors.NONE);
      assertThat(FetchResponse.recordsOrFail(read).batches()).hasSize(1);
    }
  }
}
