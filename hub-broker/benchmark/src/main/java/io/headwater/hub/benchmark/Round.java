package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import org.jspecify.annotations.Nullable;

/**
 * One round of a row.
 *
 * @param hub what Headwater did
 * @param kafka what Apache Kafka did; null if the row is about the hub alone
 */
record Round(Figures hub, @Nullable Figures kafka, DiskProbe.Result disk) {
  Figures kafkaFigures() {
    if (kafka == null) {
      throw new IllegalStateException("a row about the hub alone has nothing to compare with");
    }
    return kafka;
  }

  /** The hub's figure as a multiple of Kafka's. */
  double ratio(String figure) {
    return hub.get(figure) / kafkaFigures().get(figure);
  }
}
