package io.headwater.analytics.aggregate;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import com.datadoghq.sketch.ddsketch.mapping.IndexMapping;
import com.datadoghq.sketch.ddsketch.mapping.LogarithmicMapping;
import com.datadoghq.sketch.ddsketch.store.PaginatedStore;
import com.datadoghq.sketch.ddsketch.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;

/**
 * How the readings are distributed: a DDSketch (Masson et al., VLDB 2019), which is a histogram
 * with bins of equal relative width.
 *
 * <p>A percentile is within {@link #RELATIVE_ERROR} of the reading that has that rank, whatever the
 * readings are. The sketch depends only on the set of readings: not on their order, not on how they
 * were merged, not on chance. KLL and t-digest give none of the three.
 *
 * <p>Immutable: Streams' sliding windows use one state as the beginning of several.
 */
final class Sketch {
  /** Of the reading itself: 20 °C is told as 19.98 to 20.02. */
  static final double RELATIVE_ERROR = 0.001;

  private static final IndexMapping BINS = new LogarithmicMapping(RELATIVE_ERROR);

  static final Sketch EMPTY = new Sketch(new DDSketch(BINS, PaginatedStore::new));

  private final DDSketch bins;

  private Sketch(DDSketch bins) {
    this.bins = bins;
  }

  Sketch add(double reading) {
    DDSketch more = bins.copy();
    // The largest doubles have no bin of their own.
    more.accept(Math.clamp(reading, -BINS.maxIndexableValue(), BINS.maxIndexableValue()));
    return new Sketch(more);
  }

  Sketch merge(Sketch other) {
    DDSketch both = bins.copy();
    // Bin by bin: merging two paginated stores fails in sketches-java 0.8.3 if one of them is
    // wider.
    Store positive = other.bins.getPositiveValueStore();
    Store negative = other.bins.getNegativeValueStore();
    positive.forEach(both.getPositiveValueStore()::add);
    negative.forEach(both.getNegativeValueStore()::add);
    double zeros = other.bins.getCount() - positive.getTotalCount() - negative.getTotalCount();
    if (zeros > 0) {
      both.accept(0, zeros);
    }
    return new Sketch(both);
  }

  /**
   * The reading of rank ⌊rank · (n − 1)⌋, counted from 0 in ascending order.
   *
   * @param rank 0 to 1
   * @return not a number if there is no reading
   */
  double percentile(double rank) {
    return bins.isEmpty() ? Double.NaN : bins.getValueAtQuantile(rank);
  }

  byte[] encode() {
    var out = GrowingByteArrayOutput.withDefaultInitialCapacity();
    try {
      bins.encode(out, false);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.trimmedCopy();
  }

  static Sketch readFrom(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new SerializationException("stored window claims a sketch of " + length + " bytes");
    }
    byte[] encoded = new byte[length];
    in.get(encoded);
    try {
      return new Sketch(DDSketch.decode(ByteArrayInput.wrap(encoded), PaginatedStore::new));
    } catch (IOException | IllegalArgumentException e) {
      throw new SerializationException("stored window has a damaged sketch", e);
    }
  }
}
