package io.headwater.edge.input.board;

import com.pi4j.exception.Pi4JException;
import com.pi4j.io.spi.Spi;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;
import io.headwater.edge.input.sensor.SpiPort;

/** A real SPI device. */
record DeviceSpiPort(Spi device, int bus, int chipSelect) implements SpiPort {
  @Override
  public byte[] transfer(byte... out) throws SensorFault {
    var in = new byte[out.length];
    try {
      device.transfer(out, 0, in, 0, out.length);
      return in;
    } catch (Pi4JException e) {
      throw new SensorFault(
          Fault.NO_ANSWER, "chip " + chipSelect + " on SPI bus " + bus + " does not answer", e);
    }
  }
}
