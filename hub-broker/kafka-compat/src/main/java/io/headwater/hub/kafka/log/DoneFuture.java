package io.headwater.hub.kafka.log;

import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Stands for a task that was handed to another thread and can be neither cancelled nor awaited. */
final class DoneFuture implements ScheduledFuture<@Nullable Object> {
  static final DoneFuture INSTANCE = new DoneFuture();

  private DoneFuture() {}

  @Override
  public long getDelay(TimeUnit unit) {
    return 0;
  }

  @Override
  public int compareTo(Delayed other) {
    return Long.compare(0, other.getDelay(TimeUnit.NANOSECONDS));
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return false;
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public boolean isDone() {
    return true;
  }

  @Override
  public @Nullable Object get() {
    return null;
  }

  @Override
  public @Nullable Object get(long timeout, TimeUnit unit) {
    return null;
  }
}
