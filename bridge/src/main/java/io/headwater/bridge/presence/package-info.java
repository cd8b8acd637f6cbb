/**
 * Who is there: the compacted topic {@code headwater-presence}, whose fields {@code
 * docs/presence.md} tells.
 *
 * <p>{@link io.headwater.bridge.presence.Presence} runs one thread, {@code bridge-presence-0},
 * which reads the topic as a whole, is told of lanes and status messages by the hand-over, and
 * writes what has changed. What to write is {@code PresenceBoard}'s to say, which knows neither
 * time nor network. Each bridge announces its broker there and becomes a client of its peers'.
 *
 * <p>Readings do not depend on any of it: when the topic cannot be written, they flow on.
 */
@NullMarked
package io.headwater.bridge.presence;

import org.jspecify.annotations.NullMarked;
