package io.headwater.edge.input.sensor;

/** A device on an I2C bus. Confined to the bus' thread. */
public interface I2cPort {
  void write(byte... bytes) throws SensorFault;

  /** What the device answers to what was written last. */
  byte[] read(int length) throws SensorFault;

  /** Registers from this one on; one transaction, with a repeated start. */
  byte[] readRegister(int register, int length) throws SensorFault;
}
