package io.headwater.edge.input.sensor;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Microchip MCP3008: volts at one of eight inputs. Data sheet DS21295: the command in section 5.0
 * and figure 6-1, the code in equation 4-2.
 */
final class Mcp3008 implements Sensor {
  private static final int CODES = 1024;

  static final SensorType TYPE =
      new SensorType(
          "mcp3008", Set.of("bus", "chip-select", "channel", "reference", "hertz"), Mcp3008::read);

  private final SpiPort port;
  private final int channel;
  private final double reference;

  private Mcp3008(SpiPort port, int channel, double reference) {
    this.port = port;
    this.channel = channel;
    this.reference = reference;
  }

  private record Settings(int number, int chipSelect, int channel, double reference, int hertz)
      implements SensorSettings {
    @Override
    public String bus() {
      return "spi-" + number;
    }

    @Override
    public List<Quantity> quantities() {
      return List.of(new Quantity(Quantity.VALUE, "V", 0, reference));
    }

    @Override
    public Optional<String> deviceFile() {
      return Optional.of("/dev/spidev" + number + "." + chipSelect);
    }

    @Override
    public Sensor open(Machine machine) throws SensorFault {
      return new Mcp3008(
          machine.spi(number, chipSelect, hertz, (_, _) -> new byte[] {0, 0x02, 0x00}),
          channel,
          reference);
    }
  }

  private static SensorSettings read(SensorKeys keys) {
    double reference = keys.number("reference", 3.3);
    if (reference <= 0) {
      keys.problem("reference", "reference: " + reference + " V is not above 0");
    }
    return new Settings(
        keys.integer("bus", 0, 0, 6),
        keys.integer("chip-select", 0, 0, 2),
        keys.integer("channel", 0, 7),
        reference,
        keys.integer("hertz", 1_000_000, 10_000, 3_600_000));
  }

  @Override
  public double[] read() throws SensorFault {
    byte[] answer = port.transfer(command(channel));
    if ((answer[1] & 0x04) != 0) {
      throw new SensorFault(
          Fault.NO_ANSWER, "the MCP3008 does not answer: its null bit is not low");
    }
    return new double[] {volts(((answer[1] & 0x03) << 8) | (answer[2] & 0xff), reference)};
  }

  /** Start bit, single-ended, three bits of channel, and room for the answer. */
  static byte[] command(int channel) {
    return new byte[] {0x01, (byte) ((8 | channel) << 4), 0x00};
  }

  static double volts(int code, double reference) {
    return code * reference / CODES;
  }
}
