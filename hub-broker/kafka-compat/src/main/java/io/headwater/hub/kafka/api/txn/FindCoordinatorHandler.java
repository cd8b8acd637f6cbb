package io.headwater.hub.kafka.api.txn;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.headwater.hub.kafka.txn.TransactionSettings;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Names the broker that coordinates a group or a transactional id: the leader of the partition that
 * keeps its state.
 */
public final class FindCoordinatorHandler implements ApiHandler<FindCoordinatorRequest> {
  /** From this version a request names several keys. */
  private static final int FIRST_BATCHED_VERSION = 4;

  private final TopicCatalog catalog;
  private final GroupCoordination groups;
  private final TransactionSettings transactions;

  public FindCoordinatorHandler(
      TopicCatalog catalog, GroupCoordination groups, TransactionSettings transactions) {
    this.catalog = catalog;
    this.groups = groups;
    this.transactions = transactions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.FIND_COORDINATOR;
  }

  @Override
  public Class<FindCoordinatorRequest> requestType() {
    return FindCoordinatorRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, FindCoordinatorRequest request) {
    var data = new FindCoordinatorResponseData();
    byte type = request.data().keyType();
    if (request.version() < FIRST_BATCHED_VERSION) {
      Coordinator found = find(request.data().key(), type);
      data.setNodeId(found.nodeId())
          .setHost(found.host())
          .setPort(found.port())
          .setErrorCode(found.errorCode());
      if (request.version() >= 1) {
        data.setErrorMessage(found.errorMessage());
      }
    } else {
      request.data().coordinatorKeys().forEach(key -> data.coordinators().add(find(key, type)));
    }
    return CompletableFuture.completedFuture(new FindCoordinatorResponse(data));
  }

  private Coordinator find(String key, byte type) {
    if (type == CoordinatorType.SHARE.id()) {
      return error(key, Errors.INVALID_REQUEST, "share groups are not served");
    }
    if (key.isEmpty() && type == CoordinatorType.TRANSACTION.id()) {
      return error(key, Errors.INVALID_REQUEST, "the transactional id is empty");
    }
    TopicPartition keeper =
        type == CoordinatorType.TRANSACTION.id()
            ? transactions.partitionFor(key)
            : groups.partitionFor(key);
    TopicsSnapshot snapshot = catalog.current();
    Broker leader =
        snapshot
            .partition(keeper)
            .map(partition -> snapshot.brokers().get(partition.leader()))
            .orElse(null);
    if (leader == null) {
      return error(key, Errors.COORDINATOR_NOT_AVAILABLE, "nobody leads " + keeper);
    }
    return new Coordinator()
        .setKey(key)
        .setNodeId(leader.id())
        .setHost(leader.host())
        .setPort(leader.port())
        .setErrorMessage("");
  }

  private static Coordinator error(String key, Errors error, String message) {
    return new Coordinator()
        .setKey(key)
        .setNodeId(-1)
        .setHost("")
        .setPort(-1)
        .setErrorCode(error.code())
        .setErrorMessage(message);
  }
}
