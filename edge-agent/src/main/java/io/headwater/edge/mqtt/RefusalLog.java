package io.headwater.edge.mqtt;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what is refused: for each reason the first at once, and then one line for all of
 * some seconds. Thread-safe.
 */
final class RefusalLog {
  private static final Logger LOGGER = LoggerFactory.getLogger(RefusalLog.class);
  private static final Duration QUIET = Duration.ofSeconds(10);

  /** Of one reason; guarded by itself. */
  private static final class Since {
    private long count;
    private long quietUntilNanos;
    private long all;
    private long latestNanos;
  }

  private final LongSupplier nanos;
  private final Map<String, Since> byReason = new ConcurrentHashMap<>();

  /**
   * @param nanos of {@link System#nanoTime}
   */
  RefusalLog(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Returns how many refusals the line is for; 0 if there was none now. */
  long refused(String reason, String detail) {
    Since since = byReason.computeIfAbsent(reason, _ -> new Since());
    long count;
    synchronized (since) {
      long now = nanos.getAsLong();
      since.count++;
      since.all++;
      since.latestNanos = now;
      if (since.quietUntilNanos != 0 && now - since.quietUntilNanos < 0) {
        return 0;
      }
      count = since.count;
      since.count = 0;
      since.quietUntilNanos = (now + QUIET.toNanos()) | 1;
    }
    LOGGER
        .atWarn()
        .addKeyValue("reason", reason)
        .addKeyValue("count", count)
        .addKeyValue("last", detail)
        .log("The MQTT server refused something");
    return count;
  }

  /** One for each reason that there was, the latest first. */
  List<Refusal> latest() {
    var latest = new ArrayList<Refusal>();
    byReason.forEach((reason, since) -> {
      synchronized (since) {
        latest.add(new Refusal(reason, since.all, since.latestNanos));
      }
    });
    long now = nanos.getAsLong();
    latest.sort(Comparator.comparingLong(refusal -> now - refusal.nanos()));
    return latest;
  }
}
