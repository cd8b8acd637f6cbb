package io.headwater.hub.kafka.log;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.server.util.Scheduler;

/**
 * The scheduler that Kafka's logs see. What they schedule for "now" is a flush: of a segment that
 * was rolled, of the leader epoch file. The commit thread runs those, so that one thread forces a
 * file and no error of a force is ever reported to another (the kernel tells an error once), and so
 * that none is left undone at a clean stop. All else goes to {@code hub-log-background-<n>}.
 */
final class CommitScheduler implements Scheduler {
  private final KafkaScheduler background;
  private final Executor commitThread;

  CommitScheduler(Executor commitThread) {
    this.background = new KafkaScheduler(2, true, "hub-log-background-");
    this.commitThread = commitThread;
  }

  @Override
  public void startup() {
    background.startup();
  }

  @Override
  public void shutdown() throws InterruptedException {
    background.shutdown();
  }

  /** Kafka's logs ignore what this returns for a task that runs at once. */
  @Override
  public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
    if (delayMs <= 0 && periodMs < 0) {
      commitThread.execute(task);
      return DoneFuture.INSTANCE;
    }
    return background.schedule(name, task, delayMs, periodMs);
  }

  @Override
  public void resizeThreadPool(int newSize) {
    background.resizeThreadPool(newSize);
  }
}
