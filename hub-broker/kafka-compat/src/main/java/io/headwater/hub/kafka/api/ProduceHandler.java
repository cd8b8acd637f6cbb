package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.PartitionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequiredAcksException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponseCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * Appends.
 *
 * <p>acks=all is answered when the records are on disk, acks=1 when they are appended, acks=0 not
 * at all. A partition that refuses does not hold up the others.
 */
public final class ProduceHandler implements ApiHandler<ProduceRequest> {
  private static final short ACKS_ALL = -1;

  /** From this version a response may name the leader that should have been asked. */
  private static final int FIRST_WITH_LEADER = 10;

  /** Who writes in a transaction, and where. */
  private record Writer(TopicPartition partition, long producerId) {}

  private final Partitions partitions;
  private final TransactionVerifier transactions;
  private final ApiMetrics metrics;

  /** The last append, not yet made, of each writer. */
  private final Map<Writer, CompletableFuture<?>> turns = new ConcurrentHashMap<>();

  public ProduceHandler(
      Partitions partitions, TransactionVerifier transactions, ApiMetrics metrics) {
    this.partitions = partitions;
    this.transactions = transactions;
    this.metrics = metrics;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.PRODUCE;
  }

  @Override
  public Class<ProduceRequest> requestType() {
    return ProduceRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ProduceRequest request) {
    short acks = request.acks();
    if (acks < ACKS_ALL || acks > 1) {
      throw new InvalidRequiredAcksException("acks " + acks + " is not -1, 0 or 1");
    }
    var answers = new ArrayList<CompletableFuture<PartitionProduceResponse>>();
    var topics = new TopicProduceResponseCollection();
    for (TopicProduceData topic : request.data().topicData()) {
      var response = new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
      ApiMetrics.OfTopic counts = metrics.of(partitions.nameIfKnown(topic.topicId(), topic.name()));
      counts.produceRequest();
      for (PartitionProduceData partition : topic.partitionData()) {
        CompletableFuture<PartitionProduceResponse> answer =
            append(request, topic, partition, counts)
                .exceptionally(
                    failure -> named(request, topic, refusal(partition.index(), failure, counts)));
        answers.add(answer.whenComplete((done, _) -> add(response, done)));
      }
      topics.add(response);
    }
    return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ ->
            acks == 0
                ? NoResponse.INSTANCE
                : new ProduceResponse(
                    withEndpoints(new ProduceResponseData().setResponses(topics))));
  }

  /** Names the leader to a client that takes this broker for it (KIP-951). */
  private PartitionProduceResponse named(
      ProduceRequest request, TopicProduceData topic, PartitionProduceResponse refusal) {
    if (request.version() >= FIRST_WITH_LEADER
        && refusal.errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code()) {
      partitions
          .current(topic.topicId(), topic.name(), refusal.index())
          .ifPresent(now ->
              refusal.setCurrentLeader(
                  new LeaderIdAndEpoch()
                      .setLeaderId(now.leader())
                      .setLeaderEpoch(now.leaderEpoch())));
    }
    return refusal;
  }

  private ProduceResponseData withEndpoints(ProduceResponseData data) {
    for (TopicProduceResponse topic : data.responses()) {
      for (PartitionProduceResponse partition : topic.partitionResponses()) {
        int leader = partition.currentLeader().leaderId();
        if (leader >= 0 && data.nodeEndpoints().find(leader) == null) {
          partitions
              .broker(leader)
              .ifPresent(broker ->
                  data.nodeEndpoints()
                      .add(
                          new NodeEndpoint()
                              .setNodeId(broker.id())
                              .setHost(broker.host())
                              .setPort(broker.port())
                              .setRack(broker.rack())));
        }
      }
    }
    return data;
  }

  /** Partitions of one topic may be answered by different threads. */
  private static void add(TopicProduceResponse topic, PartitionProduceResponse partition) {
    synchronized (topic) {
      topic.partitionResponses().add(partition);
    }
  }

  private CompletableFuture<PartitionProduceResponse> append(
      ProduceRequest request,
      TopicProduceData topic,
      PartitionProduceData data,
      ApiMetrics.OfTopic counts) {
    try {
      var partition =
          new TopicPartition(partitions.name(topic.topicId(), topic.name()), data.index());
      if (Topic.isInternal(partition.topic())) {
        throw new InvalidTopicException(
            partition.topic() + " is written by the hub alone; choose another topic");
      }
      PartitionLog log = partitions.serving(partition);
      if (!(data.records() instanceof MemoryRecords records)) {
        throw new InvalidRecordException("a produce request without records for " + partition);
      }
      ProduceRequest.validateRecords(request.version(), records);
      MutableRecordBatch first = firstBatch(records);
      if (request.transactionalId() == null || first == null || !first.isTransactional()) {
        return answer(request, log, append(log, records, VerificationGuard.SENTINEL, counts));
      }
      return inOrder(
              new Writer(partition, first.producerId()),
              () ->
                  verify(request, partition, first)
                      .thenApply(guard -> append(log, records, guard, counts)))
          .thenCompose(appended -> answer(request, log, appended));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Lets a producer's appends to a partition go one after the other: the coordinator is asked
   * before a transaction's first, and those behind it must not overtake.
   */
  private CompletableFuture<Appended> inOrder(
      Writer writer, Supplier<CompletableFuture<Appended>> append) {
    var done = new CompletableFuture<Appended>();
    CompletableFuture<?> before = turns.put(writer, done);
    CompletableFuture<?> turn =
        before == null ? CompletableFuture.completedFuture(null) : before.handle((_, _) -> null);
    turn.thenCompose(_ -> append.get())
        .whenComplete((appended, failure) -> {
          turns.remove(writer, done);
          if (failure == null) {
            done.complete(appended);
          } else {
            done.completeExceptionally(failure);
          }
        });
    return done;
  }

  private CompletableFuture<VerificationGuard> verify(
      ProduceRequest request, TopicPartition partition, MutableRecordBatch first) {
    return transactions.verify(
        partition,
        request.transactionalId(),
        first.producerId(),
        first.producerEpoch(),
        first.baseSequence(),
        TransactionVerifier.Dialect.ofProduce(request.version()));
  }

  private static @Nullable MutableRecordBatch firstBatch(MemoryRecords records) {
    var batches = records.batches().iterator();
    return batches.hasNext() ? batches.next() : null;
  }

  private Appended append(
      PartitionLog log, MemoryRecords records, VerificationGuard guard, ApiMetrics.OfTopic counts) {
    int bytes = records.sizeInBytes();
    Appended appended =
        log.append(
            records,
            partitions.leaderEpoch(log.topicPartition()),
            AppendOrigin.CLIENT,
            guard,
            TransactionVersion.TV_UNKNOWN);
    if (appended.duplicate()) {
      counts.duplicate();
    } else {
      counts.produced(appended.lastOffset() - appended.firstOffset() + 1, bytes);
    }
    return appended;
  }

  private static CompletableFuture<PartitionProduceResponse> answer(
      ProduceRequest request, PartitionLog log, Appended appended) {
    var response =
        new PartitionProduceResponse()
            .setIndex(log.topicPartition().partition())
            .setBaseOffset(appended.firstOffset())
            .setLogAppendTimeMs(appended.logAppendTimeMs())
            .setLogStartOffset(appended.logStartOffset());
    return request.acks() == ACKS_ALL
        ? appended.durable().thenApply(_ -> response)
        : CompletableFuture.completedFuture(response);
  }

  private static PartitionProduceResponse refusal(
      int index, Throwable failure, ApiMetrics.OfTopic counts) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    List<BatchIndexAndErrorMessage> records = List.of();
    if (cause instanceof RecordValidationException invalid) {
      records =
          invalid.recordErrors().stream()
              .map(error ->
                  new BatchIndexAndErrorMessage()
                      .setBatchIndex(error.batchIndex)
                      .setBatchIndexErrorMessage(error.message))
              .toList();
      cause = invalid.invalidException();
    }
    Errors error = Errors.forException(cause);
    counts.refusedBatch(error);
    return new PartitionProduceResponse()
        .setIndex(index)
        .setErrorCode(error.code())
        .setErrorMessage(cause.getMessage())
        .setRecordErrors(records)
        .setBaseOffset(ProduceResponse.INVALID_OFFSET)
        .setLogStartOffset(ProduceResponse.INVALID_OFFSET);
  }
}
