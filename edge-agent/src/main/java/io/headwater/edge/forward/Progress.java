package io.headwater.edge.forward;

/**
 * How it goes with what waits; looked at every second.
 *
 * @param drainSeconds until nothing waits, if it goes on as in the last half minute; negative if it
 *     does not shrink, or too little was seen
 * @param writtenBytesPerDay what the agent writes to its storage; negative if not known
 * @param inPerSecond readings committed, over the last ten seconds; negative if not known
 * @param outPerSecond readings settled, likewise
 */
public record Progress(
    long drainSeconds, long writtenBytesPerDay, double inPerSecond, double outPerSecond) {
  static final Progress UNKNOWN =
      new Progress(
          DrainEstimate.UNKNOWN, WrittenPerDay.UNKNOWN, ReadingRates.UNKNOWN, ReadingRates.UNKNOWN);
}
