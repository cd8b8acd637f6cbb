package io.headwater.hub.kafka.api;

import java.util.Map;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;

/** Stands for the answer that is not sent. */
public final class NoResponse extends AbstractResponse {
  public static final NoResponse INSTANCE = new NoResponse();

  private NoResponse() {
    super(ApiKeys.PRODUCE);
  }

  @Override
  public Map<Errors, Integer> errorCounts() {
    return Map.of();
  }

  @Override
  public int throttleTimeMs() {
    return 0;
  }

  @Override
  public void maybeSetThrottleTimeMs(int throttleTimeMs) {
    // Nothing is sent.
  }

  @Override
  public ApiMessage data() {
    return new ProduceResponseData();
  }
}
