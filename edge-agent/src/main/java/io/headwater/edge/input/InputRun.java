package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.Machine;
import io.headwater.edge.input.sensor.Sensor;
import io.headwater.edge.input.sensor.SensorFault;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An input at work: opens its sensor, reads it, and reports. The sensor is confined to the bus'
 * thread. One that has failed is opened anew for the next read, so that what was pulled and put
 * back works again by itself.
 */
final class InputRun {
  private static final Logger LOGGER = LoggerFactory.getLogger(InputRun.class);

  private final InputSettings settings;
  private final Machine machine;
  private final InputReport report;
  private final InputMetrics metrics;
  private final LongSupplier nanos;
  private @Nullable Sensor sensor;

  InputRun(
      InputSettings settings,
      Machine machine,
      InputReport report,
      InputMetrics metrics,
      LongSupplier nanos) {
    this.settings = settings;
    this.machine = machine;
    this.report = report;
    this.metrics = metrics;
    this.nanos = nanos;
  }

  InputSettings settings() {
    return settings;
  }

  InputReport report() {
    return report;
  }

  /**
   * Reads, on the bus' thread.
   *
   * @return what is wrong, if it has failed and is not reported yet: a retry may help
   */
  Optional<FaultText> read(Attempt attempt) {
    metrics.began(nanos.getAsLong() - attempt.due());
    double[] measured;
    Optional<FaultText> nonsense;
    try {
      measured = opened().read();
      nonsense = report.nonsense(measured);
    } catch (SensorFault e) {
      return failed(attempt, FaultText.of(e), e);
    } catch (RuntimeException | LinkageError e) {
      return failed(attempt, new FaultText(Fault.ERROR, String.valueOf(e)), e);
    }
    if (nonsense.isPresent()) {
      return failed(attempt, nonsense.get(), null);
    }
    if (attempt.end()) {
      report.values(measured);
    }
    return Optional.empty();
  }

  private Sensor opened() throws SensorFault {
    Sensor open = sensor;
    if (open == null) {
      open = settings.sensor().open(machine);
      sensor = open;
      open.listen(report::change);
    }
    return open;
  }

  private Optional<FaultText> failed(Attempt attempt, FaultText fault, @Nullable Throwable cause) {
    LOGGER.atDebug().addKeyValue("input", settings.name()).setCause(cause).log("A read has failed");
    close();
    return attempt.end() ? Optional.of(fault) : Optional.empty();
  }

  /** On the bus' thread. */
  void close() {
    Sensor open = sensor;
    sensor = null;
    if (open != null) {
      try {
        open.close();
      } catch (Exception e) {
        LOGGER.atDebug().setCause(e).log("A sensor cannot be closed");
      }
    }
  }
}
