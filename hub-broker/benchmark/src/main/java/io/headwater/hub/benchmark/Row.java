package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.List;

/** One kind of work that a broker is measured at. */
interface Row {
  String name();

  List<Target> targets();

  /** Makes topics and fills them; called once on each broker, which is new. */
  void prepare(Installation installation) throws Exception;

  /**
   * Works for about a time and returns what it measured.
   *
   * @param round counts from 0; the first is a warm-up whose figures are dropped
   */
  Figures measure(Installation installation, int round, Duration time) throws Exception;
}
