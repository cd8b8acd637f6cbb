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
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongUnaryOperator;
import org.HdrHistogram.Histogram;

/**
 * All devices of a run. {@link #connect}, {@link #begin}, {@link #rate} and {@link
 * #dropConnections} as often as wanted, {@link #stop}, {@link #drain}, {@link #close}, in this
 * order, from one thread; what counts and measures from any.
 */
public final class Fleet implements AutoCloseable {
  /** Beyond one of these, another event loop on another processor. */
  private static final int MOST_LOOPS = 16;

  private static final int RATE_PER_LOOP = 20_000;
  private static final Duration POLL = Duration.ofMillis(20);

  private final FleetSettings settings;
  private final Ledger ledger;
  private final FleetCounters counters = new FleetCounters();
  private final AtomicReference<Tempo> tempo = new AtomicReference<>(Tempo.NONE);
  private final SplittableRandom random;
  private final MultiThreadIoEventLoopGroup loops;
  private final List<Pacer> pacers = new ArrayList<>();
  private final List<Device> devices = new ArrayList<>();

  /**
   * @param connected devices with a connection
   * @param readings published at least once
   * @param attempts publishes in all
   * @param acknowledged readings
   * @param connectionsLost how often one broke or was given up
   * @param refused attempts that the broker did not want, by MQTT 5's reason code
   * @param heldBack readings published late because the window was full, the connection missing or
   *     not writable
   * @param inFlight readings published and not acknowledged, without those of QoS 0
   * @param medianMillis from due to acknowledged, median
   * @param p99Millis the same, 99th percentile
   * @param scheduleErrorP99Millis from due to the socket, 99th percentile, without those held back
   * @param lastFailure why the newest connection that failed did so; empty if none did
   */
  public record Counts(
      int connected,
      long readings,
      long attempts,
      long acknowledged,
      long connectionsLost,
      Map<Integer, Long> refused,
      long heldBack,
      long inFlight,
      double medianMillis,
      double p99Millis,
      double scheduleErrorP99Millis,
      String lastFailure) {}

  /**
   * @throws UserError if a file of TLS cannot be used
   */
  public Fleet(FleetSettings settings, Ledger ledger, Clock clock) {
    this.settings = settings;
    this.ledger = ledger;
    random = new SplittableRandom(settings.seed());
    List<Link.Factory> links =
        settings.broker().addresses().stream().map(settings::at).map(Fleet::links).toList();
    loops =
        new MultiThreadIoEventLoopGroup(
            loopsFor(settings), Threads.factory("sim-fleet"), NioIoHandler.newFactory());
    loops.forEach(loop -> pacers.add(new Pacer((EventLoop) loop, tempo)));
    long originNanos = System.nanoTime();
    long originMs = clock.millis();
    LongUnaryOperator wallMs = nanos -> originMs + Math.floorDiv(nanos - originNanos, 1_000_000L);
    for (int i = 0; i < settings.devices(); i++) {
      String name = settings.deviceName(i);
      devices.add(
          new Device(
              name,
              settings,
              ledger.account(name),
              counters,
              pacers.get(i % pacers.size()),
              wallMs,
              links.get(i % links.size()),
              random.split()));
    }
  }

  private static Link.Factory links(FleetSettings settings) {
    return switch (settings.protocol().client()) {
      case NETTY -> new NettyLinks(settings);
      case HIVEMQ -> new HivemqLinks(settings);
    };
  }

  /**
   * One loop does tens of thousands of readings a second, and more loops than half of the
   * processors would take them from what is tested on the same machine: then all of it waits for
   * time slices.
   */
  private static int loopsFor(FleetSettings settings) {
    int wanted = (int) Math.min(MOST_LOOPS, settings.rate() / RATE_PER_LOOP);
    return Math.clamp(wanted, 1, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  /**
   * Connects all devices; returns when the first is connected, the others follow.
   *
   * @throws UserError if none is within the limit, or it is certain that none will be
   */
  public void connect(Duration limit) {
    for (Pacer pacer : pacers) {
      List<Device> own = devices.stream().filter(device -> device.pacer() == pacer).toList();
      pacer.loop().execute(() -> pacer.start(own));
    }
    double microsEach = 1e6 / settings.pace().connectsPerSecond();
    for (int i = 0; i < devices.size(); i++) {
      Device device = devices.get(i);
      loop(device).schedule(device::open, Math.round(i * microsEach), TimeUnit.MICROSECONDS);
    }
    await(() -> counters.connected.get() > 0 || counters.failure.get().isCertain(), limit);
    if (counters.connected.get() == 0) {
      throw counters.failure.get().toUser(settings);
    }
  }

  /** The schedule begins now. */
  public void begin() {
    rate(settings.rate());
  }

  /**
   * From now on so many readings a second, of all devices together; 0 is a pause. What was due
   * stays due when it was; of the interval to its next reading, each device keeps the part that is
   * left.
   */
  public void rate(double readingsPerSecond) {
    if (!(readingsPerSecond >= 0 && readingsPerSecond <= FleetSettings.HIGHEST_RATE)) {
      throw new IllegalArgumentException(
          "rate %s is not between 0 and %.0f"
              .formatted(readingsPerSecond, FleetSettings.HIGHEST_RATE));
    }
    long now = System.nanoTime();
    tempo.updateAndGet(before -> before.from(now, readingsPerSecond / devices.size()));
    pacers.forEach(pacer -> pacer.loop().execute(pacer::tempoChanged));
  }

  /** The schedule ends now; what is due is still published. */
  public void stop() {
    rate(0);
  }

  /** Breaks all connections at once; the devices connect again at once, which makes a storm. */
  public void disconnectAll() {
    dropConnections(1);
  }

  /**
   * Breaks the connections of as many devices, chosen by the seed, at once; they connect again
   * without waiting.
   *
   * @param fraction from 0 to 1
   */
  public void dropConnections(double fraction) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException("fraction " + fraction + " is not between 0 and 1");
    }
    for (Device device : devices) {
      if (random.nextDouble() < fraction) {
        loop(device).execute(device::drop);
      }
    }
  }

  /** Waits until all that was due is acknowledged; false if that took longer than the limit. */
  public boolean drain(Duration limit) {
    return await(this::idle, limit);
  }

  private boolean idle() {
    for (Pacer pacer : pacers) {
      if (!CompletableFuture.supplyAsync(pacer::idle, pacer.loop()).join()) {
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
        counters.refused(),
        counters.heldBack.sum(),
        counters.inFlight.sum(),
        counters.latencies.percentileMillis(50),
        counters.latencies.percentileMillis(99),
        counters.scheduleErrors.percentileMillis(99),
        counters.failure.get().why());
  }

  /** From due to acknowledged in microseconds, of the readings since the last call. */
  public Histogram newLatencies() {
    return counters.latencies.takeNew();
  }

  /**
   * From due to the socket in microseconds, of the readings since the last call that nothing held
   * back: how well the fleet itself keeps its schedule.
   */
  public Histogram newScheduleErrors() {
    return counters.scheduleErrors.takeNew();
  }

  @Override
  public void close() {
    devices.forEach(device -> loop(device).execute(device::close));
    loops.shutdownGracefully(100, 2_000, TimeUnit.MILLISECONDS).awaitUninterruptibly(3_000);
  }

  private static EventLoop loop(Device device) {
    return device.pacer().loop();
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
