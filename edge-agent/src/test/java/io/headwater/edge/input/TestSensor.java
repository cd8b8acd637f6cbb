package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.Machine;
import io.headwater.edge.input.sensor.Quantity;
import io.headwater.edge.input.sensor.Sensor;
import io.headwater.edge.input.sensor.SensorFault;
import io.headwater.edge.input.sensor.SensorSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A sensor that tests pull, short-circuit and put back. */
final class TestSensor implements SensorSettings, Sensor {
  static final Quantity QUANTITY = new Quantity(Quantity.VALUE, "V", -100, 100);

  private final String bus;
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger reads = new AtomicInteger();
  private volatile double value = 1;
  private volatile @Nullable SensorFault failure;
  private final AtomicInteger failures = new AtomicInteger();
  private volatile @Nullable CountDownLatch shortCircuit;

  TestSensor(String bus) {
    this.bus = bus;
  }

  void value(double next) {
    value = next;
  }

  void pull() {
    failures.set(Integer.MAX_VALUE);
    failure = new SensorFault(Fault.NO_ANSWER, "address 0x76 does not answer");
  }

  void failTimes(int times) {
    failures.set(times);
    failure = new SensorFault(Fault.BAD_DATA, "the checksum is wrong");
  }

  void putBack() {
    failure = null;
  }

  /** Until {@link #cut}, reads do not come back. */
  void shortCircuit() {
    shortCircuit = new CountDownLatch(1);
  }

  void cut() {
    CountDownLatch latch = shortCircuit;
    shortCircuit = null;
    if (latch != null) {
      latch.countDown();
    }
  }

  int opened() {
    return opened.get();
  }

  int reads() {
    return reads.get();
  }

  @Override
  public String bus() {
    return bus;
  }

  @Override
  public List<Quantity> quantities() {
    return List.of(QUANTITY);
  }

  @Override
  public Sensor open(Machine machine) {
    opened.incrementAndGet();
    return this;
  }

  @Override
  public double[] read() throws SensorFault {
    reads.incrementAndGet();
    CountDownLatch latch = shortCircuit;
    if (latch != null) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new SensorFault(Fault.ERROR, "interrupted", e);
      }
    }
    SensorFault now = failure;
    if (now != null && failures.getAndDecrement() > 0) {
      throw now;
    }
    return new double[] {value};
  }

  InputSettings input(String name, Duration interval) {
    return input(name, interval, 1, 0, Optional.empty(), OptionalDouble.empty());
  }

  InputSettings input(
      String name,
      Duration interval,
      double scale,
      double offset,
      Optional<Clamp> clamp,
      OptionalDouble deadBand) {
    return new InputSettings(
        name,
        "test",
        "edge.yaml line 7",
        this,
        List.of(
            new ValueSettings(
                0, Quantity.VALUE, "test/" + name, "V", scale, offset, clamp, deadBand)),
        interval,
        Duration.ZERO,
        interval,
        2,
        Duration.ofMillis(5),
        Duration.ofMinutes(10),
        false);
  }
}
