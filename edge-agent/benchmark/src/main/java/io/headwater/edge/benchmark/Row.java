package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.io.IOException;
import java.util.List;

/** One kind of work. */
interface Row {
  String name();

  /** Whether each round needs a broker that has just been started. */
  default boolean isFresh() {
    return false;
  }

  /** Once for each broker that stays. */
  default void prepare(Installation installation, Clients clients)
      throws IOException, InterruptedException {}

  Figures measure(Installation installation, Clients clients, int seconds)
      throws IOException, InterruptedException;

  /** What Headwater is to reach. */
  List<Target> targets();
}
