package io.headwater.edge.forward;

import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.ClockKeeper;
import io.headwater.edge.log.DeviceWrites;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogSlice;
import io.headwater.process.PemFiles;
import io.headwater.process.UserError;
import io.headwater.uplink.DeviceReport;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the bridges how this gateway does and which devices are there. Confined to the forwarder's
 * thread, but for {@link #progress} and {@link #oldestMs}.
 */
public final class StatusReporter {
  private static final Logger LOGGER = LoggerFactory.getLogger(StatusReporter.class);
  private static final long CHANGES_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long SNAPSHOT_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final int LOOKED_AT = 100;

  private final EdgeLog log;
  private final String gateway;
  private final String version;
  private final ForwarderSettings settings;
  private final DeviceRoster devices;
  private final ClockKeeper clock;
  private final StatusMetrics metrics;
  private final DrainEstimate drain = new DrainEstimate();
  private final ReadingRates rates = new ReadingRates();
  private final WrittenPerDay written;
  private final Capture started;
  private GatewayStatus.Pace pace = GatewayStatus.Pace.UNKNOWN;
  private long measuredNanos = System.nanoTime();
  private long heartbeatAtNanos = System.nanoTime();
  private long changesAtNanos = System.nanoTime();
  private long snapshotAtNanos = System.nanoTime();
  private boolean heard;
  private volatile Progress progress = Progress.UNKNOWN;

  public StatusReporter(
      EdgeLog log,
      String gateway,
      String version,
      ForwarderSettings settings,
      ClockKeeper clock,
      DeviceRoster devices,
      MeterRegistry registry) {
    this.log = log;
    this.gateway = gateway;
    this.version = version;
    this.settings = settings;
    this.devices = devices;
    this.clock = clock;
    this.metrics = new StatusMetrics(registry);
    this.written =
        new WrittenPerDay(new DeviceWrites(DeviceWrites.OF_THIS_PROCESS), System.nanoTime());
    this.started = clock.now();
  }

  /** Looks how it goes, also while nobody can be told. */
  void watch(long now) {
    if (drain.isDue(now)) {
      long depth = log.depth();
      long all = log.ends().values().stream().mapToLong(Long::longValue).sum();
      drain.sample(now, depth, all - depth);
      rates.sample(now, log.committedSeq(), all - depth);
      progress = new Progress(drain.seconds(), pace.writtenBytesPerDay(), rates.in(), rates.out());
    }
    if (now - measuredNanos >= settings.heartbeat().toNanos()) {
      measure(now);
    }
  }

  /** How it goes, as {@link #watch} has seen it last. For any thread. */
  public Progress progress() {
    return progress;
  }

  /**
   * When the oldest reading that waits was captured, in milliseconds since 1970; -1 if none waits.
   * For any thread; reads the disk.
   */
  public long oldestMs() {
    return log.depth() == 0 ? -1 : oldestCapturedMs();
  }

  /** A connection has begun or ended: how fast the log drained before says nothing. */
  void turned() {
    drain.restart();
  }

  /** The oldest reading's capture time, for whoever tells it; -1 if nothing waits. */
  private long measure(long now) {
    measuredNanos = now;
    long oldest = oldestMs();
    pace = new GatewayStatus.Pace(drain.seconds(), written.bytes(now));
    metrics.measured(
        oldest < 0 ? 0 : clock.millis() - oldest, pace.drainSeconds(), pace.writtenBytesPerDay());
    return oldest;
  }

  /** All is told anew on a new connection. */
  void connected() {
    heard = false;
    turned();
    heartbeatAtNanos = System.nanoTime();
    snapshotAtNanos = System.nanoTime();
  }

  /**
   * Sends what is due.
   *
   * @param answered whether the bridge has answered on this connection: before, nobody may listen
   * @return whether a heartbeat was sent
   */
  boolean step(UplinkConnection open, long now, boolean answered) {
    boolean beats = now - heartbeatAtNanos >= 0 || (answered && !heard);
    if (beats) {
      heard = answered;
      heartbeatAtNanos = now + settings.heartbeat().toNanos();
      open.sendStatus(UplinkCodec.encode(status(now)));
    }
    if (!answered) {
      return beats;
    }
    if (now - snapshotAtNanos >= 0) {
      snapshotAtNanos = now + SNAPSHOT_NANOS;
      devices.takeSnapshot(gateway).forEach(part -> open.sendDevices(UplinkCodec.encode(part)));
    } else if (now - changesAtNanos >= 0) {
      changesAtNanos = now + CHANGES_NANOS;
      Optional<List<DeviceReport.Entry>> changes = devices.takeChanges();
      if (changes.isEmpty()) {
        snapshotAtNanos = now;
      } else if (!changes.get().isEmpty()) {
        open.sendDevices(
            UplinkCodec.encode(new DeviceReport(gateway, clock.millis(), 0, 0, changes.get())));
      }
    }
    return beats;
  }

  private GatewayStatus status(long now) {
    long oldest = measure(now);
    return new GatewayStatus(
        gateway,
        true,
        version,
        log.depth(),
        oldest,
        clock.quality(),
        new GatewayStatus.Run(
            clock.boots().time(started).millis(),
            settings.heartbeat().toMillis(),
            devices.size(),
            certificateNotAfterMs()),
        pace);
  }

  /** Of the first reading of each partition that is not settled. */
  private long oldestCapturedMs() {
    long oldest = Long.MAX_VALUE;
    int partitions = 0;
    for (var partition : log.ends().entrySet()) {
      if (partitions++ >= LOOKED_AT) {
        break;
      }
      oldest = Math.min(oldest, oldestCapturedMs(partition.getKey(), partition.getValue()));
    }
    return oldest == Long.MAX_VALUE ? -1 : oldest;
  }

  private long oldestCapturedMs(StreamPartition partition, long end) {
    long first = log.settled(partition).firstMissing(0);
    if (first >= end) {
      return Long.MAX_VALUE;
    }
    LogSlice slice = log.read(partition, first, 1, 1);
    return slice.records().isEmpty() ? Long.MAX_VALUE : slice.records().getFirst().capturedMs();
  }

  private long certificateNotAfterMs() {
    try {
      return settings.tls().flatMap(PemFiles::notAfter).map(Instant::toEpochMilli).orElse(-1L);
    } catch (UserError e) {
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("The certificate is not read");
      return -1;
    }
  }
}
