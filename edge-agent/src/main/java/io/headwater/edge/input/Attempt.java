package io.headwater.edge.input;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One read of an input, from when it is due to its end or its timeout, whichever comes first.
 * Thread-safe: the scheduler and the bus' thread race for its end.
 */
final class Attempt {
  private enum Stage {
    WAITING,
    RUNNING,
    ENDED
  }

  /** What it was when its time was over. */
  enum Overdue {
    /** It had ended. */
    NO,
    /** It had not begun. */
    WAITING,
    /** It keeps the bus, and its end will not count. */
    RUNNING
  }

  private final InputRun input;
  private final long due;
  private final long deadline;
  private final int number;
  private final @Nullable FaultText before;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

  /**
   * The first.
   *
   * @param due in nanoseconds
   */
  Attempt(InputRun input, long due, long deadline) {
    this(input, due, deadline, 0, null);
  }

  private Attempt(InputRun input, long due, long deadline, int number, @Nullable FaultText before) {
    this.input = input;
    this.due = due;
    this.deadline = deadline;
    this.number = number;
    this.before = before;
  }

  InputRun input() {
    return input;
  }

  long due() {
    return due;
  }

  long deadline() {
    return deadline;
  }

  /** 0 for the first, then the retry's. */
  int number() {
    return number;
  }

  /** What the one before has failed with, if this is a retry. */
  @Nullable FaultText before() {
    return before;
  }

  /** The next one, with what is left of the time. */
  Attempt retry(long at, FaultText failedWith) {
    return new Attempt(input, at, deadline, number + 1, failedWith);
  }

  /** The bus' thread takes it; false if its time is over. */
  boolean begin() {
    return stage.compareAndSet(Stage.WAITING, Stage.RUNNING);
  }

  /** The bus' thread has done it; false if its time was over before. */
  boolean end() {
    return stage.compareAndSet(Stage.RUNNING, Stage.ENDED);
  }

  /** The scheduler gives it up. */
  Overdue expire() {
    return switch (stage.getAndSet(Stage.ENDED)) {
      case WAITING -> Overdue.WAITING;
      case RUNNING -> Overdue.RUNNING;
      case ENDED -> Overdue.NO;
    };
  }

  boolean hasEnded() {
    return stage.get() == Stage.ENDED;
  }
}
