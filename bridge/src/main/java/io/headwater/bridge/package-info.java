/**
 * The bridge's process: its command, its configuration and the wiring of its parts.
 *
 * <p>{@link io.headwater.bridge.Bridge} opens the hand-over to the hub, then the embedded broker,
 * then its own connections to all brokers in its list. A batch travels broker → {@code
 * BrokerClient} → {@code Handover} → hub, and the answer back the same way.
 */
@NullMarked
package io.headwater.bridge;

import org.jspecify.annotations.NullMarked;
