package io.headwater.sim.scenario;

import java.time.Duration;
import java.util.Optional;

/**
 * What a fleet is asked to do, as far as it is said; what is absent is left to the fleet's
 * defaults.
 *
 * @param devices how many
 * @param rate readings a second of all devices together
 * @param jitter of a device's interval, as a fraction of it
 * @param qos 0, 1 or 2
 * @param mqtt protocol version: {@code 3.1.1} or {@code 5}
 * @param connectRate connections a second while the fleet connects
 * @param window unacknowledged readings of one device
 * @param ackTimeout until a connection without acknowledgement is given up
 * @param topicPrefix devices publish to {@code <prefix>/<device>/temperature}
 */
public record Load(
    Optional<Integer> devices,
    Optional<Double> rate,
    Optional<Double> jitter,
    Optional<Integer> qos,
    Optional<String> mqtt,
    Optional<Integer> connectRate,
    Optional<Integer> window,
    Optional<Duration> ackTimeout,
    Optional<String> topicPrefix) {
  public static final Load UNSAID =
      new Load(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** What the other says, and where it says nothing what this says. */
  public Load with(Load other) {
    return new Load(
        other.devices.or(this::devices),
        other.rate.or(this::rate),
        other.jitter.or(this::jitter),
        other.qos.or(this::qos),
        other.mqtt.or(this::mqtt),
        other.connectRate.or(this::connectRate),
        other.window.or(this::window),
        other.ackTimeout.or(this::ackTimeout),
        other.topicPrefix.or(this::topicPrefix));
  }
}
