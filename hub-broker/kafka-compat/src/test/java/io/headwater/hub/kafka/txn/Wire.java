package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.TestHub;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AddOffsetsToTxnResponse;
import org.apache.kafka.common.requests.AddPartitionsToTxnResponse;
import org.apache.kafka.common.requests.EndTxnResponse;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.ProduceResponse;

/** What a producer sends, one request at a time and without its client's retries. */
record Wire(TestHub hub, String id) {
  private static final int TIMEOUT_MS = 60_000;

  /** What came back, and with what the producer goes on. */
  record Answer(Errors error, ProducerEpoch producer) {}

  Answer init(int version, ProducerEpoch expected) throws IOException {
    return init(version, expected, TIMEOUT_MS);
  }

  Answer init(int version, ProducerEpoch expected, int timeoutMs) throws IOException {
    InitProducerIdResponseData data =
        ((InitProducerIdResponse)
                hub.send(
                    ApiKeys.INIT_PRODUCER_ID,
                    version,
                    new InitProducerIdRequestData()
                        .setTransactionalId(id)
                        .setTransactionTimeoutMs(timeoutMs)
                        .setProducerId(expected.producerId())
                        .setProducerEpoch(expected.epoch())))
            .data();
    return new Answer(
        Errors.forCode(data.errorCode()),
        new ProducerEpoch(data.producerId(), data.producerEpoch()));
  }

  /** Begins anew, as often as it takes. */
  ProducerEpoch initialized() throws IOException {
    while (true) {
      Answer answer = init(5, ProducerEpoch.NONE);
      if (answer.error() != Errors.CONCURRENT_TRANSACTIONS) {
        return answer.producer();
      }
    }
  }

  Answer end(int version, ProducerEpoch producer, boolean commit) throws IOException {
    EndTxnResponseData data =
        ((EndTxnResponse)
                hub.send(
                    ApiKeys.END_TXN,
                    version,
                    new EndTxnRequestData()
                        .setTransactionalId(id)
                        .setProducerId(producer.producerId())
                        .setProducerEpoch(producer.epoch())
                        .setCommitted(commit)))
            .data();
    return new Answer(
        Errors.forCode(data.errorCode()),
        new ProducerEpoch(data.producerId(), data.producerEpoch()));
  }

  /** Asks until the end before it is over. */
  Answer ended(int version, ProducerEpoch producer, boolean commit) throws IOException {
    while (true) {
      Answer answer = end(version, producer, commit);
      if (answer.error() != Errors.CONCURRENT_TRANSACTIONS) {
        return answer;
      }
    }
  }

  Errors add(int version, ProducerEpoch producer, TopicPartition partition) throws IOException {
    var topics = new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection();
    topics.add(
        new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic()
            .setName(partition.topic())
            .setPartitions(List.of(partition.partition())));
    var response =
        (AddPartitionsToTxnResponse)
            hub.send(
                ApiKeys.ADD_PARTITIONS_TO_TXN,
                version,
                new AddPartitionsToTxnRequestData()
                    .setV3AndBelowTransactionalId(id)
                    .setV3AndBelowProducerId(producer.producerId())
                    .setV3AndBelowProducerEpoch(producer.epoch())
                    .setV3AndBelowTopics(topics));
    return response.errorCounts().keySet().iterator().next();
  }

  Errors addOffsets(int version, ProducerEpoch producer) throws IOException {
    var response =
        (AddOffsetsToTxnResponse)
            hub.send(
                ApiKeys.ADD_OFFSETS_TO_TXN,
                version,
                new AddOffsetsToTxnRequestData()
                    .setTransactionalId(id)
                    .setProducerId(producer.producerId())
                    .setProducerEpoch(producer.epoch())
                    .setGroupId("g"));
    return Errors.forCode(response.data().errorCode());
  }

  Errors produce(int version, ProducerEpoch producer, int sequence, TopicPartition partition)
      throws IOException {
    var topics = new ProduceRequestData.TopicProduceDataCollection();
    topics.add(
        new ProduceRequestData.TopicProduceData()
            .setName(partition.topic())
            .setPartitionData(
                List.of(
                    new ProduceRequestData.PartitionProduceData()
                        .setIndex(partition.partition())
                        .setRecords(records(producer, sequence, 1_000L)))));
    var response =
        (ProduceResponse)
            hub.send(
                ApiKeys.PRODUCE,
                version,
                new ProduceRequestData()
                    .setTransactionalId(id)
                    .setAcks((short) -1)
                    .setTimeoutMs(5_000)
                    .setTopicData(topics));
    return Errors.forCode(
        response.data().responses().iterator().next().partitionResponses().getFirst().errorCode());
  }

  static MemoryRecords records(ProducerEpoch producer, int sequence, long timestampMs) {
    return MemoryRecords.withTransactionalRecords(
        Compression.NONE,
        producer.producerId(),
        producer.epoch(),
        sequence,
        new SimpleRecord(timestampMs, new byte[] {1}, new byte[] {2}));
  }
}
