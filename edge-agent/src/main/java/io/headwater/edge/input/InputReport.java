package io.headwater.edge.input;

import io.headwater.edge.log.Append;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes readings of what one input gives, decides which of them go out, and hands those to the
 * routes as a client's publishes are. Thread-safe: values come from the bus' thread and from pins,
 * faults also from the scheduler.
 *
 * <p>A fault goes out whenever a value would: each time, or once and again after the longest
 * silence where only changes are sent. A reading that the log did not take counts as not sent, so
 * the next one is not held back for being the same.
 */
final class InputReport {
  private static final Logger LOGGER = LoggerFactory.getLogger(InputReport.class);

  /** What went out last for one quantity. */
  private static final class Sent {
    private boolean isKnown;
    private double value;
    private @Nullable FaultText fault;
    private long at;
  }

  private final InputSettings input;
  private final PublishSink sink;
  private final InputMetrics metrics;
  private final Counter values;
  private final LongSupplier nanos;
  private final ReadingJson json;
  private final Sent[] sent;
  private @Nullable FaultText fault;

  /**
   * @param nanos a clock that never jumps
   */
  InputReport(InputSettings input, PublishSink sink, InputMetrics metrics, LongSupplier nanos) {
    this.input = input;
    this.sink = sink;
    this.metrics = metrics;
    this.values = metrics.values(input.type());
    this.nanos = nanos;
    this.json = new ReadingJson(input);
    this.sent = new Sent[input.values().size()];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = new Sent();
    }
  }

  Optional<FaultText> nonsense(double[] measured) {
    return input.nonsense(measured);
  }

  /** A read has given values. */
  synchronized void values(double[] measured) {
    values.increment();
    recovered();
    for (int i = 0; i < sent.length; i++) {
      ValueSettings settings = input.values().get(i);
      value(sent[i], settings, measured[settings.index()]);
    }
  }

  /** The sensor has told of a change by itself; it has one quantity. */
  synchronized void change(double measured) {
    if (input.sensor().quantities().getFirst().isPossible(measured)) {
      recovered();
      value(sent[0], input.values().getFirst(), measured);
    }
  }

  /** A read has given nothing, and will not be tried again before the next is due. */
  synchronized void fault(FaultText told) {
    metrics.fault(input.type(), told.fault());
    if (fault == null || fault.fault() != told.fault()) {
      LOGGER
          .atWarn()
          .addKeyValue("input", input.name())
          .addKeyValue("where", input.where())
          .addKeyValue("fault", told.fault().text())
          .addKeyValue("error", told.text())
          .log("An input has no value");
    }
    fault = told;
    for (int i = 0; i < sent.length; i++) {
      ValueSettings settings = input.values().get(i);
      Sent last = sent[i];
      boolean news = last.fault == null || last.fault.fault() != told.fault();
      if (settings.deadBand().isEmpty() || !last.isKnown || news || isSilent(last)) {
        last.fault = told;
        send(last, settings, json.fault(settings, told), false);
      }
    }
  }

  /** Its fault at this moment. */
  synchronized Optional<FaultText> fault() {
    return Optional.ofNullable(fault);
  }

  private void recovered() {
    if (fault != null) {
      fault = null;
      LOGGER.atInfo().addKeyValue("input", input.name()).log("An input has a value again");
    }
  }

  private void value(Sent last, ValueSettings settings, double measured) {
    double calibrated = settings.calibrated(measured);
    double value = settings.clamp().map(clamp -> clamp.apply(calibrated)).orElse(calibrated);
    boolean held =
        settings.deadBand().isPresent()
            && last.isKnown
            && last.fault == null
            && Math.abs(value - last.value) <= settings.deadBand().getAsDouble()
            && !isSilent(last);
    if (held) {
      metrics.unchanged();
      return;
    }
    last.value = value;
    last.fault = null;
    send(last, settings, json.value(settings, value, value != calibrated), true);
  }

  private boolean isSilent(Sent last) {
    return nanos.getAsLong() - last.at >= input.maxSilence().toNanos();
  }

  private void send(Sent last, ValueSettings settings, byte[] payload, boolean good) {
    last.isKnown = true;
    last.at = nanos.getAsLong();
    boolean taken =
        sink.offer(
            new Publish(
                settings.topic(),
                payload,
                publisher(input.name()),
                null,
                List.of(),
                outcome -> logged(last, outcome)));
    if (taken) {
      metrics.published(good);
    } else {
      last.isKnown = false;
      metrics.dropped(InputMetrics.Drop.QUEUE_FULL);
    }
  }

  /** On the log's thread, or at once. */
  private void logged(Sent last, Append.Outcome outcome) {
    if (!outcome.isTaken()) {
      metrics.dropped(InputMetrics.Drop.NOT_COMMITTED);
      synchronized (this) {
        last.isKnown = false;
      }
    }
  }

  /** Who published, in the log and in the hub's header. */
  static String publisher(String input) {
    return "$input/" + input;
  }
}
