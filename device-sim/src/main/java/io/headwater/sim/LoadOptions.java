package io.headwater.sim;

import io.headwater.process.Durations;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.FleetSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that {@code sim run} and {@code demo} share. */
final class LoadOptions {
  @Option(
      names = "--devices",
      paramLabel = "N",
      defaultValue = "20",
      description = "Simulated devices; default ${DEFAULT-VALUE}.")
  private int devices;

  @Option(
      names = "--rate",
      paramLabel = "R",
      defaultValue = "200",
      description = "Readings a second of all devices together; default ${DEFAULT-VALUE}.")
  private double rate;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description = "How long to publish: 60s, 5m. Without it, until Ctrl-C.")
  private @Nullable String length;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      defaultValue = "sensors/demo",
      description = "Devices publish to PREFIX/<device>/temperature; default ${DEFAULT-VALUE}.")
  private String topicPrefix = "";

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "16",
      description = "Unacknowledged readings of one device; default ${DEFAULT-VALUE}.")
  private int window;

  @Option(
      names = "--ack-timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "A connection without acknowledgement for that long is given up, and its readings are"
              + " published again; default ${DEFAULT-VALUE}.")
  private String acknowledgeWithin = "";

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Makes the devices' phases and jitter repeatable.")
  private @Nullable Long seed;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the result there.")
  private @Nullable Path json;

  /** Names are new in every run, so that runs on one topic do not mix. */
  FleetSettings fleet(HostPort broker, String name, InstantSource clock) {
    long nowMs = clock.millis();
    try {
      return new FleetSettings(
          FleetSettings.Broker.at(broker),
          name + "-" + Long.toString(nowMs, 36) + "-",
          devices,
          rate,
          topicPrefix,
          FleetSettings.Protocol.DEFAULTS,
          new FleetSettings.Pace(0, 2000, window, duration("--ack-timeout", acknowledgeWithin)),
          seed == null ? nowMs : seed);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--" + e.getMessage());
    }
  }

  Optional<Duration> length() {
    return Optional.ofNullable(length).map(text -> duration("--for", text));
  }

  Optional<Path> json() {
    return Optional.ofNullable(json);
  }

  static HostPort address(String option, String text) {
    try {
      return HostPort.parse(text);
    } catch (IllegalArgumentException e) {
      throw UserError.usage(option + ": " + e.getMessage());
    }
  }

  private static Duration duration(String option, String text) {
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw UserError.usage(option + ": " + e.getMessage());
    }
  }
}
