package io.headwater.edge.input.sensor;

import io.headwater.process.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;

/**
 * A pin: its level, its changes, how often it has changed, or how often a second. Counts begin when
 * the pin is opened. The driver debounces levels; pulses are debounced here: one counts if the pin
 * was quiet for {@code debounce} before.
 */
final class DigitalInput implements Sensor {
  /** What is read. */
  enum Mode {
    LEVEL,
    EDGE,
    COUNTER,
    FREQUENCY;

    private boolean isCounting() {
      return this == COUNTER || this == FREQUENCY;
    }
  }

  private static final String RISING = "rising";
  private static final String FALLING = "falling";

  static final SensorType TYPE =
      new SensorType(
          "digital",
          Set.of("pin", "mode", "pull", "debounce", "edge", "inverted"),
          DigitalInput::settings);

  private final Settings settings;
  private final Pin pin;
  private final Machine machine;
  private final AtomicLong pulses = new AtomicLong();
  private final AtomicLong lastChange;
  private long countBefore;
  private long countedAt;

  private DigitalInput(Settings settings, Pin pin, Machine machine) {
    this.settings = settings;
    this.pin = pin;
    this.machine = machine;
    this.countedAt = machine.nanos();
    this.lastChange = new AtomicLong(countedAt - settings.debounce().toNanos());
    if (settings.mode().isCounting()) {
      pin.listen(this::count);
    }
  }

  /**
   * As declared.
   *
   * @param edge which changes are counted
   */
  private record Settings(
      int number,
      Mode mode,
      PinSettings.Pull pull,
      Duration debounce,
      String edge,
      boolean inverted)
      implements SensorSettings {
    @Override
    public String bus() {
      return "gpio";
    }

    @Override
    public List<Quantity> quantities() {
      return List.of(
          switch (mode) {
            case LEVEL, EDGE -> new Quantity(Quantity.VALUE, "", 0, 1);
            case COUNTER -> Quantity.of(Quantity.VALUE, "");
            case FREQUENCY -> Quantity.of(Quantity.VALUE, "Hz");
          });
    }

    @Override
    public Optional<Integer> pin() {
      return Optional.of(number);
    }

    @Override
    public Optional<String> deviceFile() {
      return Optional.of("/dev/gpiochip0");
    }

    @Override
    public boolean isOnChange() {
      return mode == Mode.EDGE;
    }

    @Override
    public Sensor open(Machine machine) throws SensorFault {
      Pin opened =
          machine.pin(new PinSettings(number, pull, mode.isCounting() ? Duration.ZERO : debounce));
      return new DigitalInput(this, opened, machine);
    }

    private boolean isCounted(boolean high) {
      return switch (edge) {
        case RISING -> high;
        case FALLING -> !high;
        default -> true;
      };
    }
  }

  private static SensorSettings settings(SensorKeys keys) {
    return new Settings(
        keys.integer("pin", 0, 1023),
        Mode.valueOf(upper(keys.choice("mode", "level", names(Mode.values())))),
        PinSettings.Pull.valueOf(
            upper(keys.choice("pull", "off", names(PinSettings.Pull.values())))),
        keys.value("debounce", Duration.ofMillis(5), DigitalInput::debounce),
        keys.choice("edge", RISING, List.of(RISING, FALLING, "both")),
        keys.flag("inverted", false));
  }

  private static Duration debounce(String text) {
    Duration duration = Durations.parse(text);
    if (duration.compareTo(Duration.ofSeconds(1)) > 0) {
      throw new IllegalArgumentException(text + " is not between 0 and 1s");
    }
    return duration;
  }

  private static List<String> names(Enum<?>[] constants) {
    return List.of(constants).stream().map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
  }

  private static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  /** On the driver's thread. */
  private void count(boolean high) {
    long now = machine.nanos();
    boolean quiet = now - lastChange.getAndSet(now) >= settings.debounce().toNanos();
    if (quiet && settings.isCounted(high != settings.inverted())) {
      pulses.incrementAndGet();
    }
  }

  @Override
  public void listen(DoubleConsumer changes) {
    if (settings.mode() == Mode.EDGE) {
      pin.listen(high -> changes.accept(level(high)));
    }
  }

  @Override
  public double[] read() {
    return new double[] {
      switch (settings.mode()) {
        case LEVEL, EDGE -> level(pin.isHigh());
        case COUNTER -> (double) pulses.get();
        case FREQUENCY -> frequency();
      }
    };
  }

  private double level(boolean high) {
    return high == settings.inverted() ? 0 : 1;
  }

  private double frequency() {
    long now = machine.nanos();
    long count = pulses.get();
    double hertz =
        (double) (count - countBefore) * TimeUnit.SECONDS.toNanos(1) / Math.max(1, now - countedAt);
    countBefore = count;
    countedAt = now;
    return hertz;
  }

  @Override
  public void close() {
    pin.close();
  }
}
