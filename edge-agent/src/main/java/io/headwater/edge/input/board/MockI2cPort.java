package io.headwater.edge.input.board;

import com.pi4j.io.i2c.I2C;
import io.headwater.edge.input.sensor.I2cPort;
import io.headwater.edge.input.sensor.SimulatedChip;

/**
 * An I2C device of Pi4J's mock. What somebody has put into its registers is read first; then the
 * simulated chip answers. What is written to the device stays here: the mock would give it back as
 * what is read. The mock's queues are not thread-safe: whoever drives them holds its monitor.
 */
final class MockI2cPort implements I2cPort {
  private final I2C device;
  private final SimulatedChip chip;
  private byte[] written = {};

  MockI2cPort(I2C device, SimulatedChip chip) {
    this.device = device;
    this.chip = chip;
  }

  @Override
  public void write(byte... bytes) {
    written = bytes.clone();
  }

  @Override
  public byte[] read(int length) {
    var bytes = new byte[length];
    synchronized (device) {
      if (device.read(bytes, 0, length) < 0) {
        device.write(chip.answer(written, length));
        device.read(bytes, 0, length);
      }
    }
    return bytes;
  }

  @Override
  public byte[] readRegister(int register, int length) {
    var bytes = new byte[length];
    synchronized (device) {
      if (device.readRegister(register, bytes, 0, length) < 0) {
        device.writeRegister(register, chip.answer(new byte[] {(byte) register}, length));
        device.readRegister(register, bytes, 0, length);
      }
    }
    return bytes;
  }
}
