/**
 * Uplink v1: what a gateway and a bridge say to each other over MQTT.
 *
 * <p>Messages are records; {@link io.headwater.uplink.UplinkCodec} turns them into frames and back.
 * A frame is believed only after its checksum; nothing that a frame says makes the reader allocate
 * more than its bounds, and whatever is wrong with it is one {@link
 * io.headwater.uplink.MalformedUplinkException}. The byte layout is in {@code docs/uplink-v1.md};
 * golden files hold both sides to it.
 *
 * <p>{@link io.headwater.uplink.OffsetRanges} is the arithmetic of settled offsets, {@link
 * io.headwater.uplink.UplinkTopics} the names of the MQTT topics and the lanes.
 */
@NullMarked
package io.headwater.uplink;

import org.jspecify.annotations.NullMarked;
