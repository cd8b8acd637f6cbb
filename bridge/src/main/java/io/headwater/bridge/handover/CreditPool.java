package io.headwater.bridge.handover;

import io.headwater.uplink.Credit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Shares the memory for batches among the gateways that are here. Confined to the hand-over's
 * thread.
 *
 * <p>Half of the memory is for more than the least: a newcomer gets of it what the others have not
 * been granted, and their next answers cut theirs. The other half is for the least of each, which
 * even one gets that comes when all is out. So the sum stays below the memory up to as many
 * gateways as have their least in that half; what comes in beyond is dropped, and sent again.
 */
final class CreditPool {
  static final long LEAST = 64 << 10;
  static final int MOST_BATCHES = 64;
  private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final class Grant {
    private long bytes;
    private long heardNanos;
  }

  private final long memory;
  private final Map<String, Grant> grants = new HashMap<>();
  private long granted;
  private long sweptNanos;

  CreditPool(long memory) {
    this.memory = memory;
  }

  /** The gateway's credit from now on. */
  Credit grant(String gateway, long nowNanos) {
    if (nowNanos - sweptNanos > GONE_NANOS / 4) {
      sweptNanos = nowNanos;
      grants
          .values()
          .removeIf(grant -> {
            boolean gone = nowNanos - grant.heardNanos > GONE_NANOS;
            granted -= gone ? grant.bytes : 0;
            return gone;
          });
    }
    Grant grant = grants.computeIfAbsent(gateway, _ -> new Grant());
    grant.heardNanos = nowNanos;
    granted -= grant.bytes;
    long half = memory / 2;
    grant.bytes = Math.max(LEAST, Math.min(half / grants.size(), half - granted));
    granted += grant.bytes;
    return new Credit(MOST_BATCHES, grant.bytes);
  }

  /** A gateway says that it lives. */
  void heard(String gateway, long nowNanos) {
    Grant grant = grants.get(gateway);
    if (grant != null) {
      grant.heardNanos = nowNanos;
    }
  }

  /** A gateway is gone, or its lane is another's. */
  void giveBack(String gateway) {
    Grant grant = grants.remove(gateway);
    if (grant != null) {
      granted -= grant.bytes;
    }
  }

  List<String> gateways() {
    return List.copyOf(grants.keySet());
  }

  long granted() {
    return granted;
  }
}
