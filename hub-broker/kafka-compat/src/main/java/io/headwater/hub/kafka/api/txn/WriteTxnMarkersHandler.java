package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.txn.MarkerWriter;
import io.headwater.hub.kafka.txn.ProducerEpoch;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest.TxnMarkerEntry;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;
import org.jspecify.annotations.Nullable;

/**
 * Ends transactions in single partitions, past the coordinator: how an administrator ends one that
 * the coordinator does not know ({@code kafka-transactions abort}).
 */
public final class WriteTxnMarkersHandler implements ApiHandler<WriteTxnMarkersRequest> {
  private final MarkerWriter markers;
  private final TopicCatalog catalog;

  public WriteTxnMarkersHandler(MarkerWriter markers, TopicCatalog catalog) {
    this.markers = markers;
    this.catalog = catalog;
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
    if (catalog.current().partition(partition).isEmpty()) {
      return CompletableFuture.failedFuture(
          new UnknownTopicOrPartitionException("there is no partition " + partition));
    }
    if (entry.coordinatorEpoch() > TransactionCoordinator.EPOCH) {
      // It would fence the coordinator's own markers for good.
      return CompletableFuture.failedFuture(
          new InvalidRequestException(
              "the coordinator's epoch is "
                  + TransactionCoordinator.EPOCH
                  + ", not "
                  + entry.coordinatorEpoch()));
    }
    return markers.write(
        new MarkerWriter.Marker(
            new ProducerEpoch(entry.producerId(), entry.producerEpoch()),
            entry.transactionResult(),
            entry.coordinatorEpoch(),
            entry.transactionVersion()),
        partition);
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
