package io.headwater.sim.proxy;

import io.headwater.sim.proxy.LinkFault.Bandwidth;
import io.headwater.sim.proxy.LinkFault.BlackHole;
import io.headwater.sim.proxy.LinkFault.Cut;
import io.headwater.sim.proxy.LinkFault.Delay;
import io.headwater.sim.proxy.LinkFault.HalfOpen;
import io.headwater.sim.proxy.LinkFault.Loss;
import io.headwater.sim.proxy.LinkFault.OneWay;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What all faults in effect come to together. Confined to the event loop. */
final class Conditions {
  private static final long UNLIMITED = Long.MAX_VALUE;

  private final boolean cut;
  private final Set<Direction> blocked = EnumSet.noneOf(Direction.class);
  private final List<Delay> delays = new ArrayList<>();
  private final long bytesPerSecond;
  private final Map<Direction, TokenBucket> buckets;
  private final double resetsPerNano;

  /** Without a fault. */
  Conditions() {
    this(List.of(), UNLIMITED, Map.of(), 0);
  }

  /** The next ones; the link goes on at its pace if its bandwidth stays the same. */
  Conditions with(List<LinkFault> faults, long nowNanos) {
    return new Conditions(faults, bytesPerSecond, buckets, nowNanos);
  }

  private Conditions(
      List<LinkFault> faults,
      long bandwidthBefore,
      Map<Direction, TokenBucket> bucketsBefore,
      long nowNanos) {
    boolean anyCut = false;
    double resets = 0;
    long bandwidth = UNLIMITED;
    for (LinkFault fault : faults) {
      switch (fault) {
        case Cut() -> anyCut = true;
        case HalfOpen() -> {
          // Strikes the connections that are open when it begins: no matter of the link.
        }
        case BlackHole() -> blocked.addAll(EnumSet.allOf(Direction.class));
        case OneWay(Direction passes) -> blocked.add(passes.opposite());
        case Delay delay -> delays.add(delay);
        case Loss(var every) -> resets += 1.0 / every.toNanos();
        case Bandwidth(long most) -> bandwidth = Math.min(bandwidth, most);
      }
    }
    cut = anyCut;
    resetsPerNano = resets;
    bytesPerSecond = bandwidth;
    buckets = bandwidth == bandwidthBefore ? bucketsBefore : buckets(bandwidth, nowNanos);
  }

  private static Map<Direction, TokenBucket> buckets(long bandwidth, long nowNanos) {
    var buckets = new EnumMap<Direction, TokenBucket>(Direction.class);
    if (bandwidth != UNLIMITED) {
      for (Direction direction : Direction.values()) {
        buckets.put(direction, new TokenBucket(bandwidth, nowNanos));
      }
    }
    return buckets;
  }

  boolean isCut() {
    return cut;
  }

  /** Whether a handshake with the target would succeed. */
  boolean isConnected() {
    return !cut && blocked.isEmpty();
  }

  boolean passes(Direction direction) {
    return !blocked.contains(direction);
  }

  boolean delays() {
    return !delays.isEmpty();
  }

  /** How much later the next chunk is due. */
  long drawDelayNanos(SplittableRandom random) {
    long nanos = 0;
    for (Delay delay : delays) {
      nanos += delay.by().toNanos() + random.nextLong(delay.jitter().toNanos() + 1);
    }
    return nanos;
  }

  boolean resets() {
    return resetsPerNano > 0;
  }

  /** How long from now a connection lives. Without memory, so it may be drawn again at any time. */
  long drawLifetimeNanos(SplittableRandom random) {
    return (long) (-Math.log(1 - random.nextDouble()) / resetsPerNano);
  }

  /** Absent while bandwidth is not limited. */
  @Nullable TokenBucket bucket(Direction direction) {
    return buckets.get(direction);
  }
}
