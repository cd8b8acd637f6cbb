package io.headwater.sim.fleet;

import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Ledger;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * All devices of a run. {@link #connect}, {@link #begin}, {@link #stop}, {@link #drain}, {@link
 * #close}, in this order, from one thread; {@link #counts} from any.
 */
public final class Fleet implements AutoCloseable {
  private static final int DEVICES_PER_LOOP = 5_000;
  private static final int CONNECTS_PER_SECOND = 2_000;
  private static final Duration POLL = Duration.ofMillis(20);

  private final FleetSettings settings;
  private final Ledger ledger;
  private final Clock clock;
  private final FleetCounters counters = new FleetCounters();
  private final MultiThreadIoEventLoopGroup loops;
  private final List<Device> devices = new ArrayList<>();

  /**
   * @param connected devices with a connection
   * @param readings published at least once
   * @param attempts publishes in all
   * @param acknowledged readings
   * @param connectionsLost how often one broke or was given up
   * @param medianMillis from due to acknowledged, median
   * @param p99Millis the same, 99th percentile
   */
  public record Counts(
      int connected,
      long readings,
      long attempts,
      long acknowledged,
      long connectionsLost,
      double medianMillis,
      double p99Millis) {}

  public Fleet(FleetSettings settings, Ledger ledger, Clock clock) {
    this.clock = clock;
    this.settings = settings;
    this.ledger = ledger;
    loops =
        new MultiThreadIoEventLoopGroup(
            Math.min(2, 1 + settings.devices() / DEVICES_PER_LOOP),
            Threads.factory("sim-fleet"),
            NioIoHandler.newFactory());
    var random = new SplittableRandom(settings.seed());
    for (int i = 0; i < settings.devices(); i++) {
      EventLoop loop = loops.next();
      devices.add(
          new Device(
              settings.deviceName(i),
              settings,
              ledger.account(settings.deviceName(i)),
              counters,
              loop,
              random.split()));
    }
  }

  /**
   * Connects all devices; returns when the first is connected, the others follow.
   *
   * @throws UserError if none is within the limit
   */
  public void connect(Duration limit) {
    for (int i = 0; i < devices.size(); i++) {
      Device device = devices.get(i);
      device
          .loop()
          .schedule(device::connect, i * 1_000_000L / CONNECTS_PER_SECOND, TimeUnit.MICROSECONDS);
      device
          .loop()
          .scheduleAtFixedRate(device::tick, 1_000 + i % 1_000, 1_000, TimeUnit.MILLISECONDS);
    }
    if (!await(() -> counters.connected.get() > 0, limit)) {
      String why = counters.connectFailure.get();
      throw UserError.failure(
          "no MQTT broker answers at "
              + settings.broker()
              + (why.isEmpty() ? "" : " (" + why + ")")
              + "; start one, or name another with --mqtt");
    }
  }

  /** The schedule begins now. */
  public void begin() {
    long now = System.nanoTime();
    long nowMs = clock.millis();
    devices.forEach(device -> device.loop().execute(() -> device.begin(now, nowMs)));
  }

  /** The schedule ends now; what is due is still published. */
  public void stop() {
    long now = System.nanoTime();
    devices.forEach(device -> device.loop().execute(() -> device.stop(now)));
  }

  /** Waits until all that was due is acknowledged; false if that took longer than the limit. */
  public boolean drain(Duration limit) {
    return await(this::idle, limit);
  }

  private boolean idle() {
    for (Device device : devices) {
      if (!CompletableFuture.supplyAsync(device::idle, device.loop()).join()) {
        return false;
      }
    }
    return true;
  }

  public Counts counts() {
    return new Counts(
        counters.connected.get(),
        ledger.readingCount(),
        ledger.attemptCount(),
        ledger.acknowledgedCount(),
        counters.connectionsLost.sum(),
        counters.acknowledgeMicros.getValueAtPercentile(50) / 1000.0,
        counters.acknowledgeMicros.getValueAtPercentile(99) / 1000.0);
  }

  @Override
  public void close() {
    devices.forEach(device -> device.loop().execute(device::close));
    loops.shutdownGracefully(100, 2_000, TimeUnit.MILLISECONDS).awaitUninterruptibly(3_000);
  }

  private static boolean await(BooleanSupplier condition, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      try {
        TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }
}
