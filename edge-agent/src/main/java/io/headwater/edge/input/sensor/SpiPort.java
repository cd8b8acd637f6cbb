package io.headwater.edge.input.sensor;

/** A device on an SPI bus. Confined to the bus' thread. */
public interface SpiPort {
  /**
   * Sends bytes and gets as many back.
   *
   * @param out is not changed
   */
  byte[] transfer(byte... out) throws SensorFault;
}
