/**
 * Bytes: the Netty front end that turns frames into requests and responses into frames.
 *
 * <p>One pipeline per connection: {@code FrameDecoder} cuts the stream into exact messages and
 * refuses impossible lengths; {@link io.headwater.hub.kafka.net.ConnectionHandler} parses them on
 * the workers, hands them to the {@link io.headwater.hub.kafka.api.Dispatcher} in order, and writes
 * the responses in the order of the requests. Several requests of one connection may be in flight:
 * a produce request waits for the disk, and the next must not wait for it.
 *
 * <p>Each request is timed at five points, which part its time into stages; see {@code
 * RequestMetrics}.
 *
 * <p>Whatever cannot be understood closes its own connection and nothing else.
 */
@NullMarked
package io.headwater.hub.kafka.net;

import org.jspecify.annotations.NullMarked;
