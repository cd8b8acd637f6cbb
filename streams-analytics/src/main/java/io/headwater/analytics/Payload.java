package io.headwater.analytics;

import org.jspecify.annotations.Nullable;

/**
 * What a query takes from its source.
 *
 * @param own the reading's payload
 * @param other the payload of the joined stream, if there is one
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Payload(byte @Nullable [] own, byte @Nullable [] other) {}
