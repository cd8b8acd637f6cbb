/**
 * A TCP link that breaks when it is told to, inside this process and without root's rights.
 *
 * <p>{@link io.headwater.sim.proxy.FaultProxy} listens for clients and opens a connection to the
 * target for each. Each {@code Connection} has two {@code Lane}s, one for each direction: chunks
 * are read at one side, queued with the time they are due, and written to the other. All {@link
 * io.headwater.sim.proxy.LinkFault}s in effect together come to one {@code Conditions}, which the
 * lanes ask before they read and before they write. One event loop owns everything of a proxy.
 *
 * <p>Within a living connection bytes are never reordered, altered or lost: a fault that "loses"
 * packets either delays them, as TCP's retransmissions would, or resets the connection. What cannot
 * pass is not read: the sender's TCP stops it, and memory stays bounded by 64 KiB for each
 * direction of a connection, or by 1 MiB while a delay needs the room, and by as much again as one
 * read (16 KiB) and the buffer of what is being written (64 KiB).
 *
 * <p>The end of one direction (FIN) is queued like bytes and passed on as the end of that
 * direction; when both have ended, both connections are closed. A reset at one side becomes a reset
 * at the other at once, and so does a target that refuses.
 */
@NullMarked
package io.headwater.sim.proxy;

import org.jspecify.annotations.NullMarked;
