package io.headwater.edge.input.board;

import com.pi4j.io.spi.Spi;
import io.headwater.edge.input.sensor.SimulatedChip;
import io.headwater.edge.input.sensor.SpiPort;

/** An SPI device of Pi4J's mock; as {@link MockI2cPort}. */
record MockSpiPort(Spi device, SimulatedChip chip) implements SpiPort {
  @Override
  public byte[] transfer(byte... out) {
    var in = new byte[out.length];
    synchronized (device) {
      if (device.read(in, 0, in.length) < 0) {
        device.write(chip.answer(out, out.length));
        device.read(in, 0, in.length);
      }
    }
    return in;
  }
}
