package io.headwater.hub.kafka;

import io.headwater.hub.kafka.log.FileLogEngine;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;

/** Opens the logs of a broker. */
public interface Storage {
  LogEngine open(LogMetrics metrics) throws IOException;

  /** If other brokers reach the same logs, so that partitions can move. */
  Optional<Sharing> sharing();

  /**
   * How brokers that reach the same logs share them.
   *
   * @param calm how long nobody may have come or gone before partitions move for balance
   * @param silence after which a broker that answers nothing is suspected to be gone
   * @param lease while it holds, nobody else leads what this broker was given
   */
  record Sharing(Duration calm, Duration silence, Lease lease) {}

  /** Files below the folder that the settings name. */
  static Storage files(Broker.Settings settings) {
    return new Storage() {
      @Override
      public LogEngine open(LogMetrics metrics) throws IOException {
        return FileLogEngine.open(settings.logFolder(), settings.log(), metrics, Time.SYSTEM);
      }

      @Override
      public Optional<Sharing> sharing() {
        return Optional.empty();
      }
    };
  }
}
