package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import io.headwater.hub.kafka.txn.TransactionView;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TransactionState;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeTransactionsRequest;
import org.apache.kafka.common.requests.DescribeTransactionsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Describes transactional ids. */
public final class DescribeTransactionsHandler implements ApiHandler<DescribeTransactionsRequest> {
  private final TransactionCoordinator transactions;

  public DescribeTransactionsHandler(TransactionCoordinator transactions) {
    this.transactions = transactions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_TRANSACTIONS;
  }

  @Override
  public Class<DescribeTransactionsRequest> requestType() {
    return DescribeTransactionsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeTransactionsRequest request) {
    var states = new ArrayList<CompletableFuture<TransactionState>>();
    for (String id : request.data().transactionalIds()) {
      states.add(
          transactions
              .describe(id)
              .thenApply(DescribeTransactionsHandler::describe)
              .exceptionally(failure -> error(id, failure)));
    }
    return CompletableFuture.allOf(states.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ ->
            new DescribeTransactionsResponse(
                new DescribeTransactionsResponseData()
                    .setTransactionStates(states.stream().map(CompletableFuture::join).toList())));
  }

  private static TransactionState error(String id, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new TransactionState()
        .setTransactionalId(id)
        .setErrorCode(Errors.forException(cause).code());
  }

  private static TransactionState describe(TransactionView view) {
    var state =
        new TransactionState()
            .setTransactionalId(view.transactionalId())
            .setProducerId(view.producer().producerId())
            .setProducerEpoch(view.producer().epoch())
            .setTransactionState(view.state().stateName())
            .setTransactionTimeoutMs(view.timeoutMs())
            .setTransactionStartTimeMs(view.startTimestampMs());
    for (TopicPartition partition : view.partitions()) {
      TopicData topic = state.topics().find(partition.topic());
      if (topic == null) {
        topic = new TopicData().setTopic(partition.topic()).setPartitions(new ArrayList<>());
        state.topics().add(topic);
      }
      topic.partitions().add(partition.partition());
    }
    return state;
  }
}
