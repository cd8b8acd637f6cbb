package io.headwater.edge.input.board;

import io.headwater.edge.input.sensor.SensorFault;

/** Something on the board that is set. Confined to one thread, which it may block. */
public interface Drive extends AutoCloseable {
  /**
   * Sets it.
   *
   * @param value 0 or 1 of a pin's level, 0 to 100 percent of PWM
   * @throws SensorFault if it has not been set
   */
  void set(int value) throws SensorFault;

  /** Sets it to what it was opened with, and gives it back. */
  @Override
  void close();
}
