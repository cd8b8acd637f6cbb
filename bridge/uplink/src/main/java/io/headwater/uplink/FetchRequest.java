package io.headwater.uplink;

/**
 * A bridge asks for readings once more, one batch at a time. Nothing of it touches what is settled.
 *
 * @param id of the command that wants them
 * @param epoch that offsets are of
 * @param from the first
 * @param to behind the last
 */
public record FetchRequest(
    String gateway, String id, long epoch, StreamPartition partition, Place from, Place to) {
  /**
   * A place in a partition: an offset, or the first reading captured at a time or later.
   *
   * @param value the offset, or milliseconds since 1970
   */
  public record Place(Unit unit, long value) {
    public Place {
      if (value < 0) {
        throw new IllegalArgumentException("place " + value + " < 0");
      }
    }

    public static Place offset(long offset) {
      return new Place(Unit.OFFSET, offset);
    }

    public static Place time(long millis) {
      return new Place(Unit.TIME, millis);
    }
  }

  /** The ordinals are the wire's. */
  public enum Unit {
    OFFSET,
    TIME
  }
}
