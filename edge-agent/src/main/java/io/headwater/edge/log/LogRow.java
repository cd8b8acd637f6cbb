package io.headwater.edge.log;

import org.jspecify.annotations.Nullable;

/**
 * A row as subscribers get it.
 *
 * @param seq its number in the whole log
 * @param capturedMs milliseconds since 1970 by this device's clock
 * @param attributes see {@link Append}
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record LogRow(
    long seq,
    long capturedMs,
    String mqttTopic,
    String mqttClient,
    byte @Nullable [] attributes,
    byte[] value) {}
