package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.txn.ProducerEpoch;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.EndTxnRequest;
import org.apache.kafka.common.requests.EndTxnResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.server.common.TransactionVersion;

/** Commits or aborts. */
public final class EndTxnHandler implements ApiHandler<EndTxnRequest> {
  /** From this version the answer tells the producer its next epoch. */
  private static final int FIRST_BUMPING_VERSION = 5;

  private static final int FIRST_KNOWING_FENCED = 2;

  private final TransactionCoordinator transactions;

  public EndTxnHandler(TransactionCoordinator transactions) {
    this.transactions = transactions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.END_TXN;
  }

  @Override
  public Class<EndTxnRequest> requestType() {
    return EndTxnRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(RequestContext context, EndTxnRequest request) {
    EndTxnRequestData data = request.data();
    CompletableFuture<ProducerEpoch> ended =
        transactions.end(
            data.transactionalId(),
            new ProducerEpoch(data.producerId(), data.producerEpoch()),
            request.result(),
            TransactionVersion.transactionVersionForEndTxn(request));
    return FencedProducer.named(ended, request.version(), FIRST_KNOWING_FENCED)
        .thenApply(next -> {
          var response = new EndTxnResponseData();
          if (request.version() >= FIRST_BUMPING_VERSION) {
            response.setProducerId(next.producerId()).setProducerEpoch(next.epoch());
          }
          return new EndTxnResponse(response);
        });
  }
}
