package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;
import java.time.InstantSource;

/** What time it is, and how old something is, where the clock may be wrong. */
public interface DeviceClock {
  /** This moment. */
  Capture now();

  /**
   * How long ago something was at least, in milliseconds; never below 0, never more than it really
   * is. Exact for what was captured in this boot, and where both its time and the present one can
   * be trusted. Otherwise only running time counts: as long as this boot is running, if it was
   * before it, and 0 if not even that is known. So what is deleted by this age is never too young.
   */
  long leastAgeMs(Capture capture);

  /** What is known of when each boot began. */
  BootTimes boots();

  /** Knows nothing: nothing has an age. */
  static DeviceClock none() {
    return new DeviceClock() {
      @Override
      public Capture now() {
        return Capture.UNKNOWN;
      }

      @Override
      public long leastAgeMs(Capture capture) {
        return 0;
      }

      @Override
      public BootTimes boots() {
        return BootTimes.none();
      }
    };
  }

  /** A clock that is right. */
  static DeviceClock of(InstantSource clock) {
    return new DeviceClock() {
      @Override
      public Capture now() {
        return Capture.ofWall(clock.millis(), ClockQuality.SYNCED);
      }

      @Override
      public long leastAgeMs(Capture capture) {
        return capture.quality() == ClockQuality.UNSYNCED
            ? 0
            : Math.max(0, clock.millis() - capture.wallMs());
      }

      @Override
      public BootTimes boots() {
        return BootTimes.none();
      }
    };
  }
}
