package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.txn.ProducerEpoch;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AddOffsetsToTxnRequest;
import org.apache.kafka.common.requests.AddOffsetsToTxnResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.server.common.TransactionVersion;

/** Adds a group's offsets to a transaction: clients of transaction version 1 send it. */
public final class AddOffsetsToTxnHandler implements ApiHandler<AddOffsetsToTxnRequest> {
  private static final int FIRST_KNOWING_FENCED = 2;

  private final TransactionCoordinator transactions;
  private final GroupCoordination groups;

  public AddOffsetsToTxnHandler(TransactionCoordinator transactions, GroupCoordination groups) {
    this.transactions = transactions;
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ADD_OFFSETS_TO_TXN;
  }

  @Override
  public Class<AddOffsetsToTxnRequest> requestType() {
    return AddOffsetsToTxnRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, AddOffsetsToTxnRequest request) {
    AddOffsetsToTxnRequestData data = request.data();
    CompletableFuture<Void> added =
        transactions.addPartitions(
            data.transactionalId(),
            new ProducerEpoch(data.producerId(), data.producerEpoch()),
            Set.of(groups.partitionFor(data.groupId())),
            TransactionVersion.TV_0);
    return FencedProducer.named(added, request.version(), FIRST_KNOWING_FENCED)
        .thenApply(_ -> new AddOffsetsToTxnResponse(new AddOffsetsToTxnResponseData()));
  }
}
