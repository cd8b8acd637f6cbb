package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.txn.ProducerEpoch;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AddPartitionsToTxnRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.server.common.TransactionVersion;

/** Adds partitions to transactions: clients of transaction version 1 announce them here. */
public final class AddPartitionsToTxnHandler implements ApiHandler<AddPartitionsToTxnRequest> {
  /** Up to this version a request is of one client; later ones come from brokers, in batches. */
  private static final int LAST_CLIENT_VERSION = 3;

  private static final int FIRST_KNOWING_FENCED = 2;

  private final TransactionCoordinator transactions;
  private final TopicCatalog catalog;

  public AddPartitionsToTxnHandler(TransactionCoordinator transactions, TopicCatalog catalog) {
    this.transactions = transactions;
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ADD_PARTITIONS_TO_TXN;
  }

  @Override
  public Class<AddPartitionsToTxnRequest> requestType() {
    return AddPartitionsToTxnRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, AddPartitionsToTxnRequest request) {
    short version = request.version();
    AddPartitionsToTxnRequest normal =
        version <= LAST_CLIENT_VERSION ? request.normalizeRequest() : request;
    var results = new ArrayList<CompletableFuture<AddPartitionsToTxnResult>>();
    Map<String, List<TopicPartition>> partitions = normal.partitionsByTransaction();
    for (AddPartitionsToTxnTransaction transaction : normal.data().transactions()) {
      results.add(
          add(
              transaction,
              partitions.getOrDefault(transaction.transactionalId(), List.of()),
              version,
              TransactionVersion.transactionVersionForAddPartitionsToTxn(request)));
    }
    return CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> {
          var data = new AddPartitionsToTxnResponseData();
          results.forEach(result -> {
            if (version <= LAST_CLIENT_VERSION) {
              data.setResultsByTopicV3AndBelow(result.join().topicResults());
            } else {
              data.resultsByTransaction().add(result.join());
            }
          });
          return new AddPartitionsToTxnResponse(data);
        });
  }

  private CompletableFuture<AddPartitionsToTxnResult> add(
      AddPartitionsToTxnTransaction transaction,
      List<TopicPartition> partitions,
      short requestVersion,
      TransactionVersion version) {
    String id = transaction.transactionalId();
    var errors = new HashMap<TopicPartition, Errors>();
    for (TopicPartition partition : partitions) {
      if (catalog.current().partition(partition).isEmpty()) {
        errors.put(partition, Errors.UNKNOWN_TOPIC_OR_PARTITION);
      }
    }
    if (!errors.isEmpty()) {
      partitions.forEach(
          partition -> errors.putIfAbsent(partition, Errors.OPERATION_NOT_ATTEMPTED));
      return CompletableFuture.completedFuture(
          AddPartitionsToTxnResponse.resultForTransaction(id, errors));
    }
    var producer = new ProducerEpoch(transaction.producerId(), transaction.producerEpoch());
    CompletableFuture<Void> added =
        transaction.verifyOnly()
            ? transactions.verify(id, producer, Set.copyOf(partitions))
            : transactions.addPartitions(id, producer, Set.copyOf(partitions), version);
    return FencedProducer.named(added, requestVersion, FIRST_KNOWING_FENCED)
        .handle((_, failure) -> {
          Errors error = failure == null ? Errors.NONE : Errors.forException(unwrap(failure));
          partitions.forEach(partition -> errors.put(partition, error));
          return AddPartitionsToTxnResponse.resultForTransaction(id, errors);
        });
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
