package io.headwater.hub.kafka.log;

import io.headwater.hub.kafka.log.PartitionLog.HighWatermarkListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listeners of one log. Each hears rising values only, whatever threads announce at once. */
public final class HighWatermarks {
  private static final Logger LOGGER = LoggerFactory.getLogger(HighWatermarks.class);

  private final List<Listening> listening = new CopyOnWriteArrayList<>();
  private volatile boolean ended;

  /** Adds a listener, and tells it the current value. */
  public PartitionLog.Registration add(HighWatermarkListener listener, long current) {
    var registration = new Listening(listener);
    listening.add(registration);
    registration.announce(current);
    if (ended) {
      registration.end();
    }
    return registration;
  }

  public void announce(long highWatermark) {
    for (Listening one : listening) {
      one.announce(highWatermark);
    }
  }

  /** Tells all that nothing will be announced any more. */
  public void end() {
    ended = true;
    listening.forEach(Listening::end);
  }

  private final class Listening implements PartitionLog.Registration {
    private final HighWatermarkListener listener;

    // Guarded by this.
    private long last = -1;
    private boolean over;

    Listening(HighWatermarkListener listener) {
      this.listener = listener;
    }

    synchronized void announce(long highWatermark) {
      if (!over && highWatermark > last) {
        last = highWatermark;
        guarded(() -> listener.onHighWatermark(highWatermark));
      }
    }

    synchronized void end() {
      if (!over) {
        over = true;
        listening.remove(this);
        guarded(listener::onEnd);
      }
    }

    @Override
    public void close() {
      listening.remove(this);
      synchronized (this) {
        over = true;
      }
    }

    /** One listener's defect must not stop the commits of all logs. */
    private void guarded(Runnable call) {
      try {
        call.run();
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("A high watermark listener failed");
      }
    }
  }
}
