package io.headwater.bridge.presence;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.headwater.uplink.GatewayStatus;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The value of {@code gateway/<id>}; times in ms since 1970. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record GatewayEntry(
    boolean online,
    long since,
    long lastSeen,
    @Nullable String version,
    @Nullable Long started,
    @Nullable Long depth,
    @Nullable Long oldest,
    @Nullable String clock,
    @Nullable Integer devices,
    @Nullable Long certificateDays,
    @Nullable Long drainSeconds,
    @Nullable Long writtenPerDay,
    @Nullable String broker,
    @Nullable String bridge) {

  /**
   * What a heartbeat says.
   *
   * @param before what was known
   * @param nowMs by the bridge's clock
   */
  static GatewayEntry heard(
      GatewayStatus status,
      @Nullable GatewayEntry before,
      long nowMs,
      String broker,
      String bridge) {
    GatewayStatus.Run run = status.run();
    return new GatewayEntry(
        true,
        before != null && before.online() ? before.since() : nowMs,
        nowMs,
        status.agentVersion(),
        known(run.startedMs()),
        known(status.depthRecords()),
        known(status.oldestCapturedMs()),
        status.clock().name().toLowerCase(Locale.ROOT),
        run.devices() < 0 ? null : (Integer) run.devices(),
        run.certificateNotAfterMs() < 0
            ? null
            : (Long) Math.floorDiv(run.certificateNotAfterMs() - nowMs, TimeUnit.DAYS.toMillis(1)),
        known(status.pace().drainSeconds()),
        known(status.pace().writtenBytesPerDay()),
        broker,
        bridge);
  }

  private static @Nullable Long known(long value) {
    return value < 0 ? null : value;
  }

  GatewayEntry offline(long nowMs, String byBridge) {
    return new GatewayEntry(
        false,
        nowMs,
        lastSeen,
        version,
        started,
        depth,
        oldest,
        clock,
        devices,
        certificateDays,
        null, // nothing drains now
        writtenPerDay,
        broker,
        byBridge);
  }

  /** Whether it says something that should not wait. */
  boolean differsFrom(@Nullable GatewayEntry other) {
    return other == null
        || online != other.online
        || !Objects.equals(version, other.version)
        || !Objects.equals(started, other.started)
        || !Objects.equals(clock, other.clock)
        || !Objects.equals(certificateDays, other.certificateDays)
        || !Objects.equals(broker, other.broker)
        || !Objects.equals(bridge, other.bridge);
  }
}
