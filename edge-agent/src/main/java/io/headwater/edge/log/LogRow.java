package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import org.jspecify.annotations.Nullable;

/**
 * A row as subscribers get it.
 *
 * @param seq its number in the whole log
 * @param capture when it was taken
 * @param attributes see {@link Append}
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record LogRow(
    long seq,
    Capture capture,
    String mqttTopic,
    String mqttClient,
    byte @Nullable [] attributes,
    byte[] value) {}
