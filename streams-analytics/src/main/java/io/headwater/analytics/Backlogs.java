package io.headwater.analytics;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** Whether gateways have delivered what has piled up on their disks. */
interface Backlogs {
  /** Header of a reading with the name of the gateway that sent it. */
  String GATEWAY = "gateway";

  /** Nobody tells. */
  Backlogs UNKNOWN = (_, _) -> false;

  /**
   * Whether a gateway has reported, after a time, that the hub has all it held then.
   *
   * @param gateway its name
   * @param timeMs milliseconds since 1970, by the clock
   */
  boolean settledSince(String gateway, long timeMs);

  /** The gateway that sent a reading. */
  static Optional<String> gateway(Headers headers) {
    Header gateway = headers.lastHeader(GATEWAY);
    return gateway == null || gateway.value() == null
        ? Optional.empty()
        : Optional.of(new String(gateway.value(), StandardCharsets.UTF_8));
  }
}
