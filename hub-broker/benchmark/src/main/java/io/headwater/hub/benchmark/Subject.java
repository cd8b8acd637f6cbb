package io.headwater.hub.benchmark;

import java.io.IOException;
import java.nio.file.Path;

/** A kind of broker that can be started. */
interface Subject {
  String name();

  /** Makes a data folder ready, where a broker wants that before its first start. */
  void prepare(Path folder, int port) throws IOException;

  /**
   * Starts the process and returns without waiting for it.
   *
   * @param folder prepared; the logs lie in it
   * @param port on the loopback address
   */
  Broker launch(Path folder, int port) throws IOException;
}
