package io.headwater.sim.fleet;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** What all devices of a fleet count together; thread-safe. */
final class FleetCounters {
  final AtomicInteger connected = new AtomicInteger();
  final LongAdder connectionsLost = new LongAdder();
  final LongAdder heldBack = new LongAdder();
  final LongAdder inFlight = new LongAdder();

  /** Why the newest connection that failed did so. */
  final AtomicReference<Failure> failure = new AtomicReference<>(Failure.NONE);

  /** From when a reading was due until it was acknowledged. */
  final Timings latencies = new Timings();

  /** From when a reading was due until its first attempt was with the socket. */
  final Timings scheduleErrors = new Timings();

  private final Map<Integer, LongAdder> refused = new ConcurrentHashMap<>();

  void refused(int reasonCode) {
    refused.computeIfAbsent(reasonCode, _ -> new LongAdder()).increment();
  }

  Map<Integer, Long> refused() {
    var byCode = new TreeMap<Integer, Long>();
    refused.forEach((code, count) -> byCode.put(code, count.sum()));
    return byCode;
  }
}
