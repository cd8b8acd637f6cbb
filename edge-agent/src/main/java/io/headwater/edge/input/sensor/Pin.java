package io.headwater.edge.input.sensor;

/** A digital input. */
public interface Pin extends AutoCloseable {
  boolean isHigh();

  /**
   * Tells of each change from now on.
   *
   * @param listener on a thread of the driver; quick
   */
  void listen(Listener listener);

  @Override
  void close();

  /** Is told of changes. */
  @FunctionalInterface
  interface Listener {
    void changed(boolean high);
  }
}
