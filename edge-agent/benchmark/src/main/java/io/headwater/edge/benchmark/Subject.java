package io.headwater.edge.benchmark;

import java.io.IOException;
import java.nio.file.Path;

/** A kind of broker that can be started. */
interface Subject {
  String name();

  /**
   * Starts the process and returns without waiting for it.
   *
   * @param folder where its data lies; there may be some of an earlier start
   * @param port on the loopback address
   */
  Broker launch(Path folder, int port) throws IOException;
}
