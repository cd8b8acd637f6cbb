/**
 * The Kafka protocol's APIs, one handler class each, without a network.
 *
 * <p>{@link io.headwater.hub.kafka.api.ApiTable} pins which versions of which API are announced; a
 * version is raised by hand, never by what the library happens to know. {@link
 * io.headwater.hub.kafka.api.Dispatcher} finds the handler, and turns failures into the API's own
 * error response. Handlers return at once; what waits (the disk, more data) is a future.
 */
@NullMarked
package io.headwater.hub.kafka.api;

import org.jspecify.annotations.NullMarked;
