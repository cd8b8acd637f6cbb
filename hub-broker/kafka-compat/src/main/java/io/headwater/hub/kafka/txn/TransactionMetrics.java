package io.headwater.hub.kafka.txn;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.coordinator.transaction.TransactionState;

/** What becomes of transactions. Thread-safe. */
public final class TransactionMetrics {
  private final Clock clock;
  private final Map<End, Counter> ended = new EnumMap<>(End.class);
  private final Counter fenced;
  private volatile List<TransactionView> sample = List.of();

  /** How a transaction has ended. */
  enum End {
    COMMIT,
    ABORT,
    /** Its time was over. */
    TIMEOUT,
    /** A newer producer has come. */
    FENCED
  }

  public TransactionMetrics(MeterRegistry registry, Clock clock) {
    this.clock = clock;
    for (End end : End.values()) {
      ended.put(
          end,
          Counter.builder("hub.txn.ended")
              .description("Transactions that ended, by how")
              .baseUnit("transactions")
              .tag("result", end.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    fenced =
        Counter.builder("hub.txn.fenced")
            .description("Steps of transactions refused because a newer producer has come")
            .baseUnit("requests")
            .register(registry);
    Gauge.builder("hub.txn.ids", this, metrics -> metrics.sample.size())
        .description("Transactional ids that are remembered")
        .baseUnit("ids")
        .register(registry);
    Gauge.builder("hub.txn.open", this, TransactionMetrics::open)
        .description("Transactions begun and not ended")
        .baseUnit("transactions")
        .register(registry);
    Gauge.builder("hub.txn.oldest", this, TransactionMetrics::oldestSeconds)
        .description("Age of the oldest of them; read_committed consumers wait for it")
        .baseUnit("seconds")
        .register(registry);
  }

  /** Takes note of all transactional ids, now and then. */
  public void sampled(List<TransactionView> all) {
    sample = List.copyOf(all);
  }

  private double open() {
    return (double) sample.stream().filter(TransactionMetrics::isOpen).count();
  }

  private double oldestSeconds() {
    long now = clock.millis();
    return sample.stream()
            .filter(TransactionMetrics::isOpen)
            .mapToLong(view -> Math.max(0, now - view.startTimestampMs()))
            .max()
            .orElse(0)
        / 1e3;
  }

  private static boolean isOpen(TransactionView view) {
    return view.state() == TransactionState.ONGOING
        || view.state() == TransactionState.PREPARE_COMMIT
        || view.state() == TransactionState.PREPARE_ABORT;
  }

  void ended(End end) {
    Objects.requireNonNull(ended.get(end)).increment();
  }

  /** A step was refused. */
  void refused(Throwable failure) {
    if (failure instanceof ProducerFencedException
        || failure instanceof InvalidProducerEpochException) {
      fenced.increment();
    }
  }
}
