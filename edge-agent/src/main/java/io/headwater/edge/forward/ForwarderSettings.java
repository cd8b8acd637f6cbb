package io.headwater.edge.forward;

import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import java.time.Duration;
import java.util.List;

/**
 * How the forwarder works.
 *
 * @param bridges addresses of the brokers where bridges listen; tried in turn
 * @param ackTimeout after which unanswered batches are sent again; doubles up to a minute
 * @param batchRecords most readings of one batch
 * @param batchSize most bytes of one batch, uncompressed
 * @param liveFirstAbove backlog in readings above which new readings overtake it after an outage; a
 *     smaller one goes first, so that all readings of a device arrive in order
 * @param heartbeat between two status messages
 */
public record ForwarderSettings(
    List<HostPort> bridges,
    Duration ackTimeout,
    int batchRecords,
    ByteSize batchSize,
    long liveFirstAbove,
    Duration heartbeat) {
  public static final ForwarderSettings DEFAULTS =
      new ForwarderSettings(
          List.of(new HostPort("localhost", 1884)),
          Duration.ofSeconds(5),
          500,
          ByteSize.ofKibibytes(256),
          10_000,
          Duration.ofSeconds(10));

  public ForwarderSettings {
    bridges = List.copyOf(bridges);
    if (batchRecords < 1 || batchRecords > 100_000) {
      throw new IllegalArgumentException(
          "uplink.batch-records " + batchRecords + " is not between 1 and 100000");
    }
    if (batchSize.bytes() < 1024 || batchSize.bytes() > 4 << 20) {
      throw new IllegalArgumentException(
          "uplink.batch-size " + batchSize + " is not between 1KiB and 4MiB");
    }
    if (liveFirstAbove < 0) {
      throw new IllegalArgumentException("uplink.live-first-above " + liveFirstAbove + " < min 0");
    }
    if (ackTimeout.toMillis() < 100) {
      throw new IllegalArgumentException(
          "uplink.ack-timeout " + ackTimeout.toMillis() + "ms < min 100ms");
    }
  }
}
