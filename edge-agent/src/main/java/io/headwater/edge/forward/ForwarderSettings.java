package io.headwater.edge.forward;

import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import io.headwater.uplink.StreamDeclaration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How the forwarder works.
 *
 * @param bridges addresses of the brokers where bridges listen; tried in turn
 * @param tls if it is spoken at these brokers
 * @param user at these brokers; the gateway's name if absent
 * @param passwordFile its first line is the password there
 * @param ackTimeout after which unanswered batches are sent again; doubles up to a minute
 * @param batchRecords most readings of one batch
 * @param batchSize most bytes of one batch, uncompressed
 * @param liveFirstAbove backlog in readings above which new readings overtake it after an outage; a
 *     smaller one goes first, so that all readings of a device arrive in order
 * @param limit of what is sent
 * @param heartbeat between two status messages
 * @param streams how topics shall be made that the hub does not have yet
 */
public record ForwarderSettings(
    List<HostPort> bridges,
    Optional<TlsSettings> tls,
    Optional<String> user,
    Optional<Path> passwordFile,
    Duration ackTimeout,
    int batchRecords,
    ByteSize batchSize,
    long liveFirstAbove,
    Limit limit,
    Duration heartbeat,
    List<Stream> streams) {
  public static final ForwarderSettings DEFAULTS =
      new ForwarderSettings(
          List.of(new HostPort("localhost", 1884)),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Duration.ofSeconds(5),
          500,
          ByteSize.ofKibibytes(256),
          10_000,
          Limit.NONE,
          Duration.ofSeconds(10),
          List.of());

  /**
   * Most that is sent of readings, live or backlog; what is asked for by commands is not held.
   *
   * @param readingsPerSecond any number if absent
   * @param bytesPerSecond of batches as they travel, compressed; any number if absent
   */
  public record Limit(Optional<Long> readingsPerSecond, Optional<ByteSize> bytesPerSecond) {
    public static final Limit NONE = new Limit(Optional.empty(), Optional.empty());

    public Limit {
      if (readingsPerSecond.isPresent() && readingsPerSecond.get() < 1) {
        throw new IllegalArgumentException(
            "readings-per-second " + readingsPerSecond.get() + " < min 1");
      }
      if (bytesPerSecond.isPresent() && bytesPerSecond.get().bytes() < 1024) {
        throw new IllegalArgumentException(
            "bytes-per-second " + bytesPerSecond.get() + " < min 1KiB");
      }
    }
  }

  /**
   * A stream's topic.
   *
   * @param partitions of the topic; the bridge's default if absent
   * @param retention of the topic; the hub's default if absent
   * @param compression of the topic; the hub's default if absent
   */
  public record Stream(
      String name,
      Optional<Integer> partitions,
      Optional<Duration> retention,
      Optional<String> compression) {
    private static final Set<String> COMPRESSIONS =
        Set.of("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd");

    public Stream {
      if (partitions.isPresent() && partitions.get() < 1) {
        throw new IllegalArgumentException(
            "partitions " + partitions.get() + " of " + name + " < min 1");
      }
      if (compression.isPresent() && !COMPRESSIONS.contains(compression.get())) {
        throw new IllegalArgumentException(
            "compression '"
                + compression.get()
                + "' of "
                + name
                + " is not one of gzip, lz4, producer, snappy, uncompressed, zstd");
      }
    }

    StreamDeclaration declaration() {
      return new StreamDeclaration(
          name,
          partitions.orElse(-1),
          retention.map(Duration::toMillis).orElse(-1L),
          compression.orElse(""));
    }
  }

  public ForwarderSettings {
    bridges = List.copyOf(bridges);
    streams = List.copyOf(streams);
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
