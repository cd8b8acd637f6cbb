package io.headwater.edge.mqtt;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How many connections there are, in all and from each address. This machine's own clients count in
 * all only. Thread-safe.
 */
final class ConnectionCounts {
  /** So many above a limit are still heard, to be told why they are refused. */
  static final int TOLD = 32;

  /** Whether there is room for a connection. */
  enum Room {
    FREE,
    /** None, but its CONNECT is read and answered. */
    FULL,
    NONE
  }

  private final MqttMetrics metrics;
  private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

  ConnectionCounts(MqttMetrics metrics) {
    this.metrics = metrics;
  }

  /** Counts a connection until it is closed. */
  Room open(Channel channel, MqttSettings settings) {
    int all = metrics.opened();
    InetAddress address = address(channel.remoteAddress());
    int same = address == null ? 0 : byAddress.merge(address, 1, Integer::sum);
    channel
        .closeFuture()
        .addListener(_ -> {
          metrics.closed();
          if (address != null) {
            byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
          }
        });
    int aboveAll = all - settings.connections();
    int aboveSame = same - settings.limits().connectionsPerAddress();
    if (aboveAll > 0) {
      metrics.refused("connections", String.valueOf(channel.remoteAddress()));
    } else if (aboveSame > 0) {
      metrics.refused("connections-per-address", String.valueOf(channel.remoteAddress()));
    } else {
      return Room.FREE;
    }
    return Math.max(aboveAll, aboveSame) > TOLD ? Room.NONE : Room.FULL;
  }

  private static @Nullable InetAddress address(@Nullable SocketAddress remote) {
    return remote instanceof InetSocketAddress known && !known.getAddress().isLoopbackAddress()
        ? known.getAddress()
        : null;
  }
}
