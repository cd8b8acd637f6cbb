package io.headwater.hub.kafka.api.txn;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import io.headwater.hub.kafka.txn.TransactionView;
import java.time.Clock;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListTransactionsRequest;
import org.apache.kafka.common.requests.ListTransactionsResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.transaction.TransactionState;

/** Lists transactional ids, by state, producer, age and name. */
public final class ListTransactionsHandler implements ApiHandler<ListTransactionsRequest> {
  private final TransactionCoordinator transactions;
  private final Clock clock;

  public ListTransactionsHandler(TransactionCoordinator transactions, Clock clock) {
    this.transactions = transactions;
    this.clock = clock;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_TRANSACTIONS;
  }

  @Override
  public Class<ListTransactionsRequest> requestType() {
    return ListTransactionsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ListTransactionsRequest request) {
    ListTransactionsRequestData wanted = request.data();
    Predicate<TransactionView> filter = filter(wanted);
    return transactions
        .list()
        .thenApply(all -> {
          var data = new ListTransactionsResponseData();
          var unknown = new ArrayList<>(wanted.stateFilters());
          unknown.removeIf(name -> TransactionState.fromName(name).isPresent());
          data.setUnknownStateFilters(unknown);
          all.stream()
              .filter(filter)
              .forEach(view ->
                  data.transactionStates()
                      .add(
                          new ListTransactionsResponseData.TransactionState()
                              .setTransactionalId(view.transactionalId())
                              .setProducerId(view.producer().producerId())
                              .setTransactionState(view.state().stateName())));
          return new ListTransactionsResponse(data);
        });
  }

  private Predicate<TransactionView> filter(ListTransactionsRequestData wanted) {
    long now = clock.millis();
    Predicate<TransactionView> filter = _ -> true;
    if (!wanted.stateFilters().isEmpty()) {
      filter = filter.and(view -> wanted.stateFilters().contains(view.state().stateName()));
    }
    if (!wanted.producerIdFilters().isEmpty()) {
      filter =
          filter.and(view -> wanted.producerIdFilters().contains(view.producer().producerId()));
    }
    if (wanted.durationFilter() >= 0) {
      filter = filter.and(view -> now - view.startTimestampMs() > wanted.durationFilter());
    }
    // RE2, as in Kafka: no pattern takes exponential time.
    String pattern = wanted.transactionalIdPattern();
    if (pattern != null && !pattern.isEmpty()) {
      try {
        Pattern compiled = Pattern.compile(pattern);
        filter = filter.and(view -> compiled.matcher(view.transactionalId()).matches());
      } catch (PatternSyntaxException e) {
        throw new InvalidRegularExpression("'" + pattern + "': " + e.getDescription());
      }
    }
    return filter;
  }
}
