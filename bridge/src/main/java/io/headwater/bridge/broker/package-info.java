/**
 * MQTT: the broker that the bridge embeds, and its client of all brokers in its list.
 *
 * <p>The embedded broker keeps everything in memory and may lose all of it at any time: between
 * gateway and hub only the bridge's answers count.
 */
@NullMarked
package io.headwater.bridge.broker;

import org.jspecify.annotations.NullMarked;
