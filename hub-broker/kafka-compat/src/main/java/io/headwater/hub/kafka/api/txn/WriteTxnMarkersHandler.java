package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.headwater.hub.kafka.txn.MarkerWriter;
import io.headwater.hub.kafka.txn.ProducerEpoch;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest.TxnMarkerEntry;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;
import org.jspecify.annotations.Nullable;

/**
 * Ends transactions in partitions that this broker leads. Coordinators of other brokers send it,
 * and administrators for a transaction that no coordinator knows ({@code kafka-transactions
 * abort}). Which coordinator may still write is for the logs to say, by its epoch.
 */
public final class WriteTxnMarkersHandler implements ApiHandler<WriteTxnMarkersRequest> {
  private final MarkerWriter markers;
  private final TopicCatalog catalog;
  private final int nodeId;

  public WriteTxnMarkersHandler(MarkerWriter markers, TopicCatalog catalog, int nodeId) {
    this.markers = markers;
    this.catalog = catalog;
    this.nodeId = nodeId;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.WRITE_TXN_MARKERS;
  }

  @Override
  public Class<WriteTxnMarkersRequest> requestType() {
    return WriteTxnMarkersRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, WriteTxnMarkersRequest request) {
    Map<Long, Map<TopicPartition, Errors>> errors = new ConcurrentHashMap<>();
    var writes = new ArrayList<CompletableFuture<?>>();
    for (TxnMarkerEntry entry : request.markers()) {
      Map<TopicPartition, Errors> ofProducer =
          errors.computeIfAbsent(entry.producerId(), _ -> new ConcurrentHashMap<>());
      for (TopicPartition partition : entry.partitions()) {
        writes.add(
            write(entry, partition)
                .handle((_, failure) -> ofProducer.put(partition, errorOf(failure))));
      }
    }
    return CompletableFuture.allOf(writes.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new WriteTxnMarkersResponse(errors));
  }

  private CompletableFuture<Void> write(TxnMarkerEntry entry, TopicPartition partition) {
    TopicsSnapshot snapshot = catalog.current();
    Optional<Partition> known = snapshot.partition(partition);
    if (known.isEmpty()) {
      return CompletableFuture.failedFuture(
          new UnknownTopicOrPartitionException("there is no partition " + partition));
    }
    if (known.get().leader() != nodeId) {
      return CompletableFuture.failedFuture(
          new NotLeaderOrFollowerException(
              partition + " is led by broker " + known.get().leader() + ", not by " + nodeId));
    }
    int newest = newestCoordinatorEpoch(snapshot);
    if (entry.coordinatorEpoch() > newest) {
      // It would fence the coordinators' own markers for good. A coordinator that is newer than
      // this snapshot comes again.
      return CompletableFuture.failedFuture(
          new InvalidRequestException(
              "no coordinator's epoch is above " + newest + ": " + entry.coordinatorEpoch()));
    }
    return markers.write(
        new MarkerWriter.Marker(
            new ProducerEpoch(entry.producerId(), entry.producerEpoch()),
            entry.transactionResult(),
            entry.coordinatorEpoch(),
            entry.transactionVersion()),
        partition,
        known.get().leaderEpoch());
  }

  private static int newestCoordinatorEpoch(TopicsSnapshot snapshot) {
    return snapshot.topic(Topic.TRANSACTION_STATE_TOPIC_NAME).stream()
        .flatMap(topic -> topic.partitions().stream())
        .mapToInt(Partition::leaderEpoch)
        .max()
        .orElse(0);
  }

  private static Errors errorOf(@Nullable Throwable failure) {
    if (failure == null) {
      return Errors.NONE;
    }
    return Errors.forException(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
  }
}
