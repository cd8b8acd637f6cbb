package io.headwater.edge.input.board;

import com.pi4j.exception.Pi4JException;
import com.pi4j.io.i2c.I2C;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.I2cPort;
import io.headwater.edge.input.sensor.SensorFault;

/** A real I2C device. */
record DeviceI2cPort(I2C device, int bus, int address) implements I2cPort {
  @Override
  public void write(byte... bytes) throws SensorFault {
    try {
      device.write(bytes, 0, bytes.length);
    } catch (Pi4JException e) {
      throw silent(e);
    }
  }

  @Override
  public byte[] read(int length) throws SensorFault {
    var bytes = new byte[length];
    try {
      return whole(bytes, device.read(bytes, 0, length));
    } catch (Pi4JException e) {
      throw silent(e);
    }
  }

  @Override
  public byte[] readRegister(int register, int length) throws SensorFault {
    var bytes = new byte[length];
    try {
      return whole(bytes, device.readRegister(register, bytes, 0, length));
    } catch (Pi4JException e) {
      throw silent(e);
    }
  }

  private byte[] whole(byte[] bytes, int got) throws SensorFault {
    if (got != bytes.length) {
      throw new SensorFault(
          Fault.BAD_DATA, name() + " has sent " + got + " of " + bytes.length + " bytes");
    }
    return bytes;
  }

  private SensorFault silent(Pi4JException e) {
    return new SensorFault(Fault.NO_ANSWER, name() + " does not answer", e);
  }

  private String name() {
    return "address 0x%02x on I2C bus %d".formatted(address, bus);
  }
}
