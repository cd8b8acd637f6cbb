package io.headwater.hub.kafka.net;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts connections, in all and by address, and says whether one more may stay. Thread-safe. */
final class ConnectionLimits {
  private final int most;
  private final int mostPerAddress;
  private final NetMetrics metrics;
  private final AtomicInteger all = new AtomicInteger();
  private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

  ConnectionLimits(NetSettings settings, NetMetrics metrics) {
    most = settings.maxConnections();
    mostPerAddress = settings.maxConnectionsPerAddress();
    this.metrics = metrics;
  }

  /** Counts the connection until it is closed; false if it is one too many. */
  boolean admit(Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
      return false; // closed before it was looked at
    }
    InetAddress address = remote.getAddress();
    int total = all.incrementAndGet();
    int ofAddress = byAddress.merge(address, 1, Integer::sum);
    channel
        .closeFuture()
        .addListener(_ -> {
          all.decrementAndGet();
          byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
        });
    if (total > most) {
      metrics.refused(NetMetrics.Refusal.MAX_CONNECTIONS);
      return false;
    }
    if (ofAddress > mostPerAddress) {
      metrics.refused(NetMetrics.Refusal.MAX_CONNECTIONS_PER_ADDRESS);
      return false;
    }
    return true;
  }
}
