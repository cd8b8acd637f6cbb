package io.headwater.edge.input.sensor;

import java.util.function.DoubleConsumer;

/** An opened sensor. Confined to its bus' thread, which its reads may block. */
public interface Sensor extends AutoCloseable {
  /**
   * Measures.
   *
   * @return a value for each of the quantities of its settings, in their order
   */
  double[] read() throws SensorFault;

  /**
   * For sensors that tell of changes by themselves, beside being read.
   *
   * @param changes gets the value of the only quantity, on any thread; quick
   */
  default void listen(DoubleConsumer changes) {}

  @Override
  default void close() {}
}
