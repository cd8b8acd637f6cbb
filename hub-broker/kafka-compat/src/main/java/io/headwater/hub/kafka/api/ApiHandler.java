package io.headwater.hub.kafka.api;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Serves one API of the protocol. Called by any worker thread; never waits.
 *
 * @param <R> the request's class
 */
public interface ApiHandler<R extends AbstractRequest> {
  ApiKeys key();

  Class<R> requestType();

  /**
   * Handles one request.
   *
   * @return the response; {@link NoResponse#INSTANCE} where the protocol sends none (Produce with
   *     acks=0). A failure becomes the request's error response.
   */
  CompletableFuture<? extends AbstractResponse> handle(RequestContext context, R request);
}
