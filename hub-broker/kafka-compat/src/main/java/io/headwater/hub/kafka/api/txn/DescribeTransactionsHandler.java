package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import io.headwater.hub.kafka.txn.TransactionView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
    return transactions
        .list()
        .thenApply(all -> {
          var data = new DescribeTransactionsResponseData();
          for (String id : request.data().transactionalIds()) {
            data.transactionStates().add(describe(id, all));
          }
          return new DescribeTransactionsResponse(data);
        });
  }

  private static TransactionState describe(String id, List<TransactionView> all) {
    return all.stream()
        .filter(view -> view.transactionalId().equals(id))
        .findFirst()
        .map(DescribeTransactionsHandler::describe)
        .orElseGet(() ->
            new TransactionState()
                .setTransactionalId(id)
                .setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code()));
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
