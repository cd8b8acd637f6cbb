package io.headwater.edge.input.board;

import com.pi4j.Pi4J;
import com.pi4j.context.Context;
import com.pi4j.exception.Pi4JException;
import com.pi4j.io.gpio.digital.DigitalInput;
import com.pi4j.io.gpio.digital.DigitalInputProvider;
import com.pi4j.io.gpio.digital.DigitalOutput;
import com.pi4j.io.gpio.digital.DigitalOutputProvider;
import com.pi4j.io.gpio.digital.PullResistance;
import com.pi4j.io.i2c.I2C;
import com.pi4j.io.i2c.I2CProvider;
import com.pi4j.io.spi.Spi;
import com.pi4j.io.spi.SpiMode;
import com.pi4j.io.spi.SpiProvider;
import com.pi4j.plugin.gpiod.provider.gpio.digital.GpioDDigitalInputProvider;
import com.pi4j.plugin.gpiod.provider.gpio.digital.GpioDDigitalOutputProvider;
import com.pi4j.plugin.linuxfs.provider.i2c.LinuxFsI2CProvider;
import com.pi4j.plugin.linuxfs.provider.spi.LinuxFsSpiProvider;
import com.pi4j.plugin.mock.provider.gpio.digital.MockDigitalInputProvider;
import com.pi4j.plugin.mock.provider.gpio.digital.MockDigitalOutputProvider;
import com.pi4j.plugin.mock.provider.i2c.MockI2CProvider;
import com.pi4j.plugin.mock.provider.spi.MockSpiProvider;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.I2cPort;
import io.headwater.edge.input.sensor.Pin;
import io.headwater.edge.input.sensor.PinSettings;
import io.headwater.edge.input.sensor.SensorFault;
import io.headwater.edge.input.sensor.SimulatedChip;
import io.headwater.edge.input.sensor.SpiPort;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The board's buses and pins, or simulated ones. Thread-safe: each bus' thread opens its devices
 * here.
 */
public final class Pi4jBoard implements AutoCloseable {
  private final boolean isSimulated;
  private final Context context;
  private final I2CProvider i2c;
  private final SpiProvider spi;
  private final DigitalInputProvider pins;
  private final DigitalOutputProvider levels;
  private final PwmChips pwm;
  private final Map<String, I2cPort> i2cPorts = new HashMap<>();
  private final Map<String, SpiPort> spiPorts = new HashMap<>();

  private Pi4jBoard(
      boolean isSimulated,
      I2CProvider i2c,
      SpiProvider spi,
      DigitalInputProvider pins,
      DigitalOutputProvider levels) {
    this.isSimulated = isSimulated;
    this.i2c = i2c;
    this.spi = spi;
    this.pins = pins;
    this.levels = levels;
    this.pwm = new PwmChips(isSimulated);
    this.context =
        Pi4J.newContextBuilder()
            .noAutoDetect()
            .disableShutdownHook()
            .add(i2c, spi, pins, levels)
            .build();
  }

  /** The board that is there. */
  public static Pi4jBoard real() {
    return new Pi4jBoard(
        false,
        LinuxFsI2CProvider.newInstance(),
        LinuxFsSpiProvider.newInstance(),
        GpioDDigitalInputProvider.newInstance(),
        GpioDDigitalOutputProvider.newInstance());
  }

  /** One whose registers and pins only tests drive. */
  public static Pi4jBoard simulated() {
    return simulated(MockI2CProvider.newInstance());
  }

  /** As above, with I2C buses that tests make, on the classes of Pi4J's mock. */
  public static Pi4jBoard simulated(I2CProvider i2c) {
    return new Pi4jBoard(
        true,
        i2c,
        MockSpiProvider.newInstance(),
        MockDigitalInputProvider.newInstance(),
        MockDigitalOutputProvider.newInstance());
  }

  /** For those who drive a simulation: Pi4J's own objects are in its registry. */
  public Context context() {
    return context;
  }

  /** The identifier in Pi4J's registry. */
  public static String i2cId(int bus, int address) {
    return "i2c-%d-%02x".formatted(bus, address);
  }

  /** The identifier in Pi4J's registry. */
  public static String spiId(int bus, int chipSelect) {
    return "spi-%d-%d".formatted(bus, chipSelect);
  }

  /** The identifier in Pi4J's registry. */
  public static String pinId(int number) {
    return "pin-" + number;
  }

  /** The identifier in Pi4J's registry. */
  public static String pwmId(int chip, int channel) {
    return "pwm-%d-%d".formatted(chip, channel);
  }

  /** As {@link #context}, of a PWM chip that is open. */
  public synchronized Optional<Context> pwmContext(int chip) {
    return pwm.context(chip);
  }

  /** See {@link io.headwater.edge.input.sensor.Machine#i2c}. */
  public synchronized I2cPort i2c(int bus, int address, SimulatedChip simulation)
      throws SensorFault {
    String id = i2cId(bus, address);
    I2cPort known = i2cPorts.get(id);
    if (known != null) {
      return known;
    }
    I2C device;
    try {
      device = i2c.create(I2C.newConfigBuilder(context).id(id).bus(bus).device(address).build());
    } catch (Pi4JException e) {
      throw missing("I2C bus " + bus, e);
    }
    I2cPort port =
        isSimulated ? new MockI2cPort(device, simulation) : new DeviceI2cPort(device, bus, address);
    i2cPorts.put(id, port);
    return port;
  }

  /** See {@link io.headwater.edge.input.sensor.Machine#spi}. */
  public synchronized SpiPort spi(int bus, int chipSelect, int hertz, SimulatedChip simulation)
      throws SensorFault {
    String id = spiId(bus, chipSelect);
    SpiPort known = spiPorts.get(id);
    if (known != null) {
      return known;
    }
    Spi device;
    try {
      device =
          spi.create(
              Spi.newConfigBuilder(context)
                  .id(id)
                  .bus(bus)
                  .address(chipSelect)
                  .baud(hertz)
                  .mode(SpiMode.MODE_0)
                  .build());
      if (!isSimulated) {
        device.open();
      }
    } catch (Pi4JException e) {
      throw missing("SPI bus " + bus, e);
    }
    SpiPort port =
        isSimulated
            ? new MockSpiPort(device, simulation)
            : new DeviceSpiPort(device, bus, chipSelect);
    spiPorts.put(id, port);
    return port;
  }

  /** See {@link io.headwater.edge.input.sensor.Machine#pin}. */
  public synchronized Pin pin(PinSettings settings) throws SensorFault {
    try {
      DigitalInput input =
          pins.create(
              DigitalInput.newConfigBuilder(context)
                  .id(pinId(settings.number()))
                  .address(settings.number())
                  .pull(
                      switch (settings.pull()) {
                        case UP -> PullResistance.PULL_UP;
                        case DOWN -> PullResistance.PULL_DOWN;
                        case OFF -> PullResistance.OFF;
                      })
                  .debounce(settings.debounce().toNanos() / 1000, TimeUnit.MICROSECONDS)
                  .build());
      return new DevicePin(input, context);
    } catch (Pi4JException e) {
      throw missing("pin " + settings.number(), e);
    }
  }

  /**
   * A pin that is driven.
   *
   * @param initial its level, 0 or 1, from the moment on in which it is opened, and when it is
   *     closed
   */
  public synchronized Drive level(int number, int initial) throws SensorFault {
    try {
      DigitalOutput output =
          levels.create(
              DigitalOutput.newConfigBuilder(context)
                  .id(pinId(number))
                  .address(number)
                  .initial(DeviceLevel.state(initial))
                  .shutdown(DeviceLevel.state(initial))
                  .build());
      return new DeviceLevel(output, context);
    } catch (Pi4JException | IllegalStateException e) {
      throw missing("pin " + number, e);
    }
  }

  /**
   * A PWM channel.
   *
   * @param initial percent, from the moment on in which it is opened, and when it is closed
   */
  public synchronized Drive pwm(int chip, int channel, int hertz, int initial) throws SensorFault {
    return pwm.open(chip, channel, hertz, initial);
  }

  private static SensorFault missing(String what, RuntimeException e) {
    return new SensorFault(Fault.MISSING, what + " cannot be opened: " + e.getMessage(), e);
  }

  @Override
  public synchronized void close() {
    try {
      pwm.close();
    } finally {
      context.shutdown();
    }
  }
}
