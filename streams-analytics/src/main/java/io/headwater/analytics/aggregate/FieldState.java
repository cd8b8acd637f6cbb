package io.headwater.analytics.aggregate;

import java.nio.ByteBuffer;
import java.util.Set;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one field in one window; parts that no aggregate needs are null.
 *
 * <p>Stored: flags of the parts (one byte, see {@link Part#flag}), the moments, the parts.
 */
record FieldState(
    Moments moments,
    @Nullable Spread spread,
    @Nullable Ends ends,
    @Nullable Points points,
    @Nullable Sketch sketch) {

  static FieldState empty(Set<Part> parts) {
    return new FieldState(
        Moments.EMPTY,
        parts.contains(Part.SPREAD) ? Spread.EMPTY : null,
        parts.contains(Part.ENDS) ? Ends.EMPTY : null,
        parts.contains(Part.POINTS) ? Points.EMPTY : null,
        parts.contains(Part.SKETCH) ? Sketch.EMPTY : null);
  }

  FieldState add(double reading, long timeMs) {
    return new FieldState(
        moments.add(reading),
        spread == null ? null : spread.add(reading),
        ends == null ? null : ends.add(reading, timeMs),
        points == null ? null : points.add(reading, timeMs),
        sketch == null ? null : sketch.add(reading));
  }

  /**
   * @param later what arrived later; has at least the parts of this one
   */
  FieldState merge(FieldState later) {
    return new FieldState(
        moments.merge(later.moments),
        spread == null ? null : spread.merge(required(later.spread, Part.SPREAD)),
        ends == null ? null : ends.merge(required(later.ends, Part.ENDS)),
        points == null ? null : points.merge(required(later.points, Part.POINTS)),
        sketch == null ? null : sketch.merge(required(later.sketch, Part.SKETCH)));
  }

  Spread requireSpread() {
    return required(spread, Part.SPREAD);
  }

  Ends requireEnds() {
    return required(ends, Part.ENDS);
  }

  Points requirePoints() {
    return required(points, Part.POINTS);
  }

  Sketch requireSketch() {
    return required(sketch, Part.SKETCH);
  }

  /** This state; fails if it lacks one of the parts. */
  FieldState requireParts(Set<Part> parts) {
    for (Part part : parts) {
      var _ =
          switch (part) {
            case SPREAD -> requireSpread();
            case ENDS -> requireEnds();
            case POINTS -> requirePoints();
            case SKETCH -> requireSketch();
          };
    }
    return this;
  }

  private static <T> T required(@Nullable T part, Part name) {
    if (part == null) {
      throw new SerializationException(
          "the stored window does not have "
              + name
              + ": the query's aggregates were changed; give it a new name, or reset its state");
    }
    return part;
  }

  byte[] encode() {
    byte[] bins = sketch == null ? new byte[0] : sketch.encode();
    int flags = 0;
    int bytes = 1 + Moments.BYTES;
    if (spread != null) {
      flags |= Part.SPREAD.flag();
      bytes += Spread.BYTES;
    }
    if (ends != null) {
      flags |= Part.ENDS.flag();
      bytes += Ends.BYTES;
    }
    if (points != null) {
      flags |= Part.POINTS.flag();
      bytes += points.bytes();
    }
    if (sketch != null) {
      flags |= Part.SKETCH.flag();
      bytes += Integer.BYTES + bins.length;
    }
    ByteBuffer out = ByteBuffer.allocate(bytes).put((byte) flags);
    moments.writeTo(out);
    if (spread != null) {
      spread.writeTo(out);
    }
    if (ends != null) {
      ends.writeTo(out);
    }
    if (points != null) {
      points.writeTo(out);
    }
    if (sketch != null) {
      out.putInt(bins.length).put(bins);
    }
    return out.array();
  }

  static FieldState readFrom(ByteBuffer in) {
    int flags = in.get();
    return new FieldState(
        Moments.readFrom(in),
        (flags & Part.SPREAD.flag()) == 0 ? null : Spread.readFrom(in),
        (flags & Part.ENDS.flag()) == 0 ? null : Ends.readFrom(in),
        (flags & Part.POINTS.flag()) == 0 ? null : Points.readFrom(in),
        (flags & Part.SKETCH.flag()) == 0 ? null : Sketch.readFrom(in));
  }
}
