package io.headwater.hub.kafka.api;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;

/** A handler whose requests wait until what it needs is there. */
public final class Waiting<R extends AbstractRequest> implements ApiHandler<R> {
  private final Supplier<CompletableFuture<Void>> needed;
  private final ApiHandler<R> handler;

  /**
   * @param needed asked for at each request
   */
  public Waiting(Supplier<CompletableFuture<Void>> needed, ApiHandler<R> handler) {
    this.needed = needed;
    this.handler = handler;
  }

  @Override
  public ApiKeys key() {
    return handler.key();
  }

  @Override
  public Class<R> requestType() {
    return handler.requestType();
  }

  @Override
  public CompletableFuture<? extends AbstractResponse> handle(RequestContext context, R request) {
    return needed.get().thenCompose(_ -> handler.handle(context, request));
  }
}
