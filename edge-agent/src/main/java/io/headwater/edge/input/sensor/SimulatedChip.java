package io.headwater.edge.input.sensor;

/** What a chip answers while it is simulated and nobody drives the simulation. Thread-safe. */
@FunctionalInterface
public interface SimulatedChip {
  /**
   * An answer.
   *
   * @param written what was written last: for I2C a register's number or a command
   * @param length of the answer
   */
  byte[] answer(byte[] written, int length);
}
