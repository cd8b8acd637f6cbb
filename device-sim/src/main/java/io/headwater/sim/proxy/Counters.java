package io.headwater.sim.proxy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counted by the event loop, read by any thread. */
final class Counters {
  final AtomicInteger open = new AtomicInteger();
  final LongAdder accepted = new LongAdder();
  final LongAdder resetByFaults = new LongAdder();
  final LongAdder bytesToTarget = new LongAdder();
  final LongAdder bytesToClient = new LongAdder();

  void passed(Direction direction, int bytes) {
    switch (direction) {
      case TO_TARGET -> bytesToTarget.add(bytes);
      case TO_CLIENT -> bytesToClient.add(bytes);
    }
  }
}
