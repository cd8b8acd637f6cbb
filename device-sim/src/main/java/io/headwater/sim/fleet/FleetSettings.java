package io.headwater.sim.fleet;

import io.headwater.process.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What devices there are and what they do. Messages about a wrong value begin with the name of the
 * command's option for it.
 *
 * @param broker where the devices connect
 * @param devicePrefix devices are called this and a number of at least four digits
 * @param devices how many
 * @param rate readings a second of all devices together, at the beginning
 * @param topicPrefix a device publishes to {@code <prefix>/<device>/temperature}
 * @param protocol how they publish
 * @param pace how evenly, and how much at once
 * @param seed of jitter, phases and back-off
 */
public record FleetSettings(
    Broker broker,
    String devicePrefix,
    int devices,
    double rate,
    String topicPrefix,
    Protocol protocol,
    Pace pace,
    long seed) {
  public static final int MOST_DEVICES = 100_000;
  public static final double HIGHEST_RATE = 1_000_000;

  /** A client library has threads and queues of its own for each device. */
  public static final int MOST_HIVEMQ_DEVICES = 1_000;

  public FleetSettings {
    check(
        devices >= 1 && devices <= MOST_DEVICES,
        "devices %d is not between 1 and %d".formatted(devices, MOST_DEVICES));
    check(
        rate > 0 && rate <= HIGHEST_RATE,
        "rate %s is not above 0 and at most %.0f".formatted(rate, HIGHEST_RATE));
    check(
        protocol.client == Client.NETTY || devices <= MOST_HIVEMQ_DEVICES,
        "devices %d is more than the %d that --client hivemq is good for"
            .formatted(devices, MOST_HIVEMQ_DEVICES));
  }

  /** Usual protocol and pace, without TLS. */
  public static FleetSettings of(
      HostPort broker,
      String devicePrefix,
      int devices,
      double rate,
      String topicPrefix,
      long seed) {
    return new FleetSettings(
        Broker.at(broker),
        devicePrefix,
        devices,
        rate,
        topicPrefix,
        Protocol.DEFAULTS,
        Pace.DEFAULTS,
        seed);
  }

  /** Another address, by which the same broker is reached. */
  public FleetSettings at(HostPort address) {
    return with(new Broker(address, broker.tls, broker.login));
  }

  public FleetSettings with(Broker other) {
    return new FleetSettings(other, devicePrefix, devices, rate, topicPrefix, protocol, pace, seed);
  }

  public FleetSettings with(Protocol other) {
    return new FleetSettings(broker, devicePrefix, devices, rate, topicPrefix, other, pace, seed);
  }

  public FleetSettings with(Pace other) {
    return new FleetSettings(
        broker, devicePrefix, devices, rate, topicPrefix, protocol, other, seed);
  }

  /** Other brokers, over which the devices are spread in turn; a device stays with its own. */
  public FleetSettings over(List<HostPort> addresses) {
    return with(
        new Broker(
            addresses.getFirst(),
            addresses.subList(1, addresses.size()),
            broker.tls,
            broker.login));
  }

  /**
   * Where, and how the devices are let in.
   *
   * @param more brokers, if the devices are spread over several
   */
  public record Broker(
      HostPort address, List<HostPort> more, Optional<Tls> tls, Optional<Login> login) {
    public Broker {
      more = List.copyOf(more);
    }

    public Broker(HostPort address, Optional<Tls> tls, Optional<Login> login) {
      this(address, List.of(), tls, login);
    }

    /** All of them. */
    List<HostPort> addresses() {
      return Stream.concat(Stream.of(address), more.stream()).toList();
    }

    public static Broker at(HostPort address) {
      return new Broker(address, Optional.empty(), Optional.empty());
    }
  }

  /** All devices log in as one user. */
  public record Login(String user, String password) {
    @Override
    public String toString() {
      return user; // no secrets in logs
    }
  }

  /** Versions of MQTT. */
  public enum Version {
    V3_1_1,
    V5
  }

  /** What speaks MQTT: our own code on Netty's codec, or HiveMQ's client as a second opinion. */
  public enum Client {
    NETTY,
    HIVEMQ
  }

  public record Protocol(Version version, int qos, Client client) {
    public static final Protocol DEFAULTS = new Protocol(Version.V3_1_1, 1, Client.NETTY);

    public Protocol {
      check(qos >= 0 && qos <= 2, "qos %d is not 0, 1 or 2".formatted(qos));
    }
  }

  /**
   * @param jitter by how much a reading may be due later than evenly, as a part of its device's
   *     interval
   * @param connectsPerSecond how fast the devices connect at the beginning
   * @param window unacknowledged readings that a device may have under way
   * @param acknowledgeWithin a connection on which an acknowledgement takes longer is given up
   */
  public record Pace(
      double jitter, double connectsPerSecond, int window, Duration acknowledgeWithin) {
    public static final Pace DEFAULTS = new Pace(0, 2_000, 16, Duration.ofSeconds(10));

    public Pace {
      check(
          jitter >= 0 && jitter <= 0.9,
          "jitter %.0f%% is not between 0%% and 90%%".formatted(jitter * 100));
      check(
          connectsPerSecond > 0 && connectsPerSecond <= 100_000,
          "connect-rate %s is not above 0 and at most 100000".formatted(connectsPerSecond));
      check(
          window >= 1 && window <= 1_000, "window %d is not between 1 and 1000".formatted(window));
      check(
          acknowledgeWithin.isPositive() && acknowledgeWithin.toDays() < 1,
          "ack-timeout %s is not above 0 and below a day".formatted(acknowledgeWithin));
    }
  }

  String deviceName(int index) {
    return devicePrefix + "%04d".formatted(index);
  }

  private static void check(boolean fine, String otherwise) {
    if (!fine) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
