package io.headwater.hub.kafka.api;

import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the handler of a request and answers failures. Immutable after construction. */
public final class Dispatcher {
  private static final Logger LOGGER = LoggerFactory.getLogger(Dispatcher.class);

  private final Map<ApiKeys, ApiHandler<?>> handlers = new EnumMap<>(ApiKeys.class);
  private final BooleanSupplier mayAnswer;

  public Dispatcher(Collection<ApiHandler<?>> all) {
    this(all, () -> true);
  }

  /**
   * @param mayAnswer whether what this broker remembers still holds
   */
  public Dispatcher(Collection<ApiHandler<?>> all, BooleanSupplier mayAnswer) {
    this.mayAnswer = mayAnswer;
    for (ApiHandler<?> handler : all) {
      if (handlers.put(handler.key(), handler) != null) {
        throw new IllegalArgumentException("two handlers for " + handler.key());
      }
    }
    Set<ApiKeys> served = EnumSet.copyOf(handlers.keySet());
    served.add(ApiKeys.API_VERSIONS);
    handlers.put(ApiKeys.API_VERSIONS, new ApiVersionsHandler(served));
  }

  /** Whether a request of this key and version can be read and has a handler. */
  public boolean serves(ApiKeys key, short version) {
    return handlers.containsKey(key) && ApiTable.serves(key, version);
  }

  /** Whether answers may be sent; without, their connections are closed. Asked for each answer. */
  public boolean mayAnswer() {
    return mayAnswer.getAsBoolean();
  }

  /** Handles the request; the future never fails. */
  public CompletableFuture<AbstractResponse> dispatch(
      RequestContext context, AbstractRequest request) {
    ApiHandler<?> handler = handlers.get(request.apiKey());
    if (handler == null) {
      return CompletableFuture.completedFuture(
          request.getErrorResponse(
              new UnsupportedVersionException(request.apiKey() + " is not served")));
    }
    CompletableFuture<AbstractResponse> answer;
    try {
      answer = handle(handler, context, request);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.exceptionally(failure -> errorResponse(request, failure));
  }

  private static <R extends AbstractRequest> CompletableFuture<AbstractResponse> handle(
      ApiHandler<R> handler, RequestContext context, AbstractRequest request) {
    return handler
        .handle(context, handler.requestType().cast(request))
        .thenApply(response -> response);
  }

  private static AbstractResponse errorResponse(AbstractRequest request, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (!(cause instanceof ApiException)) {
      LOGGER
          .atError()
          .addKeyValue("api", request.apiKey())
          .setCause(cause)
          .log("A request failed unexpectedly");
    }
    return request.getErrorResponse(cause);
  }
}
