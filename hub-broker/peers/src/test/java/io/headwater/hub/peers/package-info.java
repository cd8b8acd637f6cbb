/**
 * The hub with software that nobody here wrote: clients in other languages, old clients, Kafka's
 * own tools, Connect, Streams and MirrorMaker. Also what needs such software: the examples in
 * {@code docs/examples}, and Headwater's command line on an Apache Kafka.
 *
 * <p>Each is a process of its own, so that what they need and how they end is theirs. Every check
 * is printed as a line that begins with {@code ok}.
 */
@NullMarked
package io.headwater.hub.peers;

import org.jspecify.annotations.NullMarked;
