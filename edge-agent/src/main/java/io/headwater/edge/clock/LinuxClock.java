package io.headwater.edge.clock;

import io.headwater.process.CFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Linux's clocks, by adjtimex(2) and clock_gettime(2) of the C library that is loaded anyway.
 *
 * <p>Every NTP client (timesyncd, chrony, ntpd, ptp4l's phc2sys) tells the kernel that it keeps the
 * clock right, and the kernel itself takes that back when none has for long or somebody sets the
 * clock by hand. Files of one client, such as timesyncd's, say nothing of the others, and stay as
 * they are when the clock is set. Not thread-safe: for the clock's thread.
 */
final class LinuxClock implements KernelClock {
  private static final Logger LOGGER = LoggerFactory.getLogger(LinuxClock.class);
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  // struct timex and struct timespec of 64-bit Linux.
  private static final int SIZE_OF_TIMEX = 208;
  private static final int MAXERROR_AT = 24;
  private static final int TIME_ERROR = 5;
  private static final int SIZE_OF_TIMESPEC = 16;
  private static final int CLOCK_BOOTTIME = 7;

  private final long boot;

  LinuxClock() {
    this.boot = readBoot();
  }

  /** Half of the boot's UUID, of which nearly all bits are random. */
  private static long readBoot() {
    try {
      var id = UUID.fromString(Files.readString(BOOT_ID).strip());
      return (id.getMostSignificantBits() ^ id.getLeastSignificantBits()) | 1;
    } catch (IOException | IllegalArgumentException e) {
      LOGGER
          .atWarn()
          .addKeyValue("file", BOOT_ID)
          .addKeyValue("error", e.toString())
          .log("There is no boot identifier; each start of the agent counts as a boot");
      return new SecureRandom().nextLong() | 1;
    }
  }

  @Override
  public long boot() {
    return boot;
  }

  @Override
  public long uptimeNanos() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(SIZE_OF_TIMESPEC, 8);
      if ((int) new CFunction("clock_gettime").call(CLOCK_BOOTTIME, time.address()) == 0) {
        return TimeUnit.SECONDS.toNanos(time.get(ValueLayout.JAVA_LONG, 0))
            + time.get(ValueLayout.JAVA_LONG, 8);
      }
    } catch (RuntimeException | LinkageError e) {
      LOGGER.atDebug().setCause(e).log("The time since the boot cannot be read");
    }
    return System.nanoTime(); // the same without suspended time
  }

  @Override
  public OptionalLong maxErrorMs() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment timex = arena.allocate(SIZE_OF_TIMEX, 8); // all zero: asks, changes nothing
      int state = (int) new CFunction("adjtimex").call(timex.address());
      return state >= 0 && state != TIME_ERROR
          ? OptionalLong.of(
              TimeUnit.MICROSECONDS.toMillis(timex.get(ValueLayout.JAVA_LONG, MAXERROR_AT)))
          : OptionalLong.empty();
    } catch (RuntimeException | LinkageError e) {
      LOGGER.atDebug().setCause(e).log("The kernel's clock state cannot be read");
      return OptionalLong.empty();
    }
  }
}
