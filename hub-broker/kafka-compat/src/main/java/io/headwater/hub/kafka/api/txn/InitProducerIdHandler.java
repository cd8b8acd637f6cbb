package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.txn.ProducerEpoch;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Gives producers their ids and epochs. */
public final class InitProducerIdHandler implements ApiHandler<InitProducerIdRequest> {
  private static final int FIRST_KNOWING_FENCED = 4;

  private final TransactionCoordinator transactions;
  private final Supplier<CompletableFuture<Void>> coordination;

  /**
   * @param coordination without which no transactional id is served; others' need none
   */
  public InitProducerIdHandler(
      TransactionCoordinator transactions, Supplier<CompletableFuture<Void>> coordination) {
    this.transactions = transactions;
    this.coordination = coordination;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.INIT_PRODUCER_ID;
  }

  @Override
  public Class<InitProducerIdRequest> requestType() {
    return InitProducerIdRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, InitProducerIdRequest request) {
    InitProducerIdRequestData data = request.data();
    var named = new ProducerEpoch(data.producerId(), data.producerEpoch());
    Optional<ProducerEpoch> expected =
        named.equals(ProducerEpoch.NONE) ? Optional.empty() : Optional.of(named);
    if (expected.isPresent() && (named.producerId() < 0 || named.epoch() < 0)) {
      throw new InvalidRequestException(
          "producer id " + named.producerId() + " with epoch " + named.epoch());
    }
    CompletableFuture<Void> ready =
        data.transactionalId() == null
            ? CompletableFuture.completedFuture(null)
            : coordination.get();
    CompletableFuture<ProducerEpoch> initialized =
        ready.thenCompose(_ ->
            transactions.initProducerId(
                data.transactionalId(), data.transactionTimeoutMs(), expected));
    return FencedProducer.named(initialized, request.version(), FIRST_KNOWING_FENCED)
        .thenApply(given ->
            new InitProducerIdResponse(
                new InitProducerIdResponseData()
                    .setProducerId(given.producerId())
                    .setProducerEpoch(given.epoch())));
  }
}
