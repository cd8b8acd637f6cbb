package io.headwater.sim;

import org.HdrHistogram.Histogram;

/** What is told of a distribution of times, in milliseconds; zeros if there was none. */
record Latency(long count, double p50, double p90, double p99, double max) {
  /**
   * @param unitsPerMilli of the histogram's values
   */
  static Latency of(Histogram histogram, double unitsPerMilli) {
    return new Latency(
        histogram.getTotalCount(),
        histogram.getValueAtPercentile(50) / unitsPerMilli,
        histogram.getValueAtPercentile(90) / unitsPerMilli,
        histogram.getValueAtPercentile(99) / unitsPerMilli,
        histogram.getMaxValue() / unitsPerMilli);
  }
}
