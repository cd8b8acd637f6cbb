package io.headwater.sim.judge;

import org.jspecify.annotations.Nullable;

/**
 * A record as it was found at the far end.
 *
 * @param atMs when, in milliseconds since 1970 by the simulator's clock
 * @param where in words, for the report: {@code sensors.temperature-3@17}
 * @param key of the record, normally the device's name; null where the far end has none
 * @param value the payload
 * @param edgeOffset header {@code edge.offset}, {@code epoch:stream:partition:offset}; null where
 *     the far end has none
 * @param gateway header {@code gateway}
 * @param track header {@code track}: order is promised within a track; null where the far end has
 *     none, which is a track of its own
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and copying each would cost
public record Arrival(
    long atMs,
    String where,
    byte @Nullable [] key,
    byte @Nullable [] value,
    @Nullable String edgeOffset,
    @Nullable String gateway,
    @Nullable String track) {}
