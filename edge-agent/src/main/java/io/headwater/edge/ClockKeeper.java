package io.headwater.edge;

import io.headwater.uplink.ClockQuality;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the time and how far it can be trusted: whether the kernel's clock is synchronised
 * (adjtimex(2)). Looked up every few seconds. Thread-safe.
 */
final class ClockKeeper {
  private static final Logger LOGGER = LoggerFactory.getLogger(ClockKeeper.class);
  private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int SIZE_OF_TIMEX = 208;
  private static final int TIME_ERROR = 5;

  private final Clock clock;
  private final AtomicLong lookAtNanos = new AtomicLong(System.nanoTime());
  private volatile ClockQuality quality = ClockQuality.UNSYNCED;

  ClockKeeper(Clock clock) {
    this.clock = clock;
  }

  long millis() {
    return clock.millis();
  }

  ClockQuality quality() {
    long due = lookAtNanos.get();
    long now = System.nanoTime();
    if (now - due >= 0 && lookAtNanos.compareAndSet(due, now + REFRESH_NANOS)) {
      quality = isSynchronised() ? ClockQuality.SYNCED : ClockQuality.UNSYNCED;
    }
    return quality;
  }

  @SuppressWarnings("restricted") // native calls are enabled by the launcher for all processes
  private static boolean isSynchronised() {
    try (Arena arena = Arena.ofConfined()) {
      Linker linker = Linker.nativeLinker();
      var adjtimex =
          linker.downcallHandle(
              linker.defaultLookup().find("adjtimex").orElseThrow(),
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
      MemorySegment timex = arena.allocate(SIZE_OF_TIMEX, 8); // all zero: asks, changes nothing
      int state = (int) adjtimex.invokeExact(timex);
      return state >= 0 && state != TIME_ERROR;
    } catch (Throwable e) {
      LOGGER.atDebug().setCause(e).log("The kernel's clock state cannot be read");
      return false;
    }
  }
}
