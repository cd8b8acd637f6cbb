package io.headwater.hub.kafka.metadata;

import org.jspecify.annotations.Nullable;

/**
 * A broker as clients reach it.
 *
 * @param host advertised
 * @param rack it stands in
 * @param leaving whether it is about to stop, and others should lead what it leads
 */
public record Broker(int id, String host, int port, @Nullable String rack, boolean leaving) {
  /** One that stays. */
  public Broker(int id, String host, int port, @Nullable String rack) {
    this(id, host, port, rack, false);
  }

  Broker goodbye() {
    return new Broker(id, host, port, rack, true);
  }
}
