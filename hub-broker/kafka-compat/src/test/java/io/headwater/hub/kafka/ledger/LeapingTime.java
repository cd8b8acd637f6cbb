package io.headwater.hub.kafka.ledger;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** The system's time, which can be put ahead. */
final class LeapingTime implements Time {
  private final AtomicLong aheadMs = new AtomicLong();

  void leap(long millis) {
    aheadMs.addAndGet(millis);
  }

  @Override
  public long milliseconds() {
    return Time.SYSTEM.milliseconds() + aheadMs.get();
  }

  @Override
  public long nanoseconds() {
    return Time.SYSTEM.nanoseconds() + TimeUnit.MILLISECONDS.toNanos(aheadMs.get());
  }

  @Override
  public void sleep(long millis) {
    Time.SYSTEM.sleep(millis);
  }

  @Override
  public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs)
      throws InterruptedException {
    Time.SYSTEM.waitObject(object, condition, deadlineMs);
  }
}
