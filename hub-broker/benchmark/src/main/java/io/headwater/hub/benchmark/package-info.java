/**
 * The hub beside Apache Kafka, measured on one machine.
 *
 * <p>A {@link io.headwater.hub.benchmark.Row} is one kind of work with its targets. For each round
 * both brokers do it one after the other, in turns of who is first, with the same client code in
 * this JVM; each broker is a process of its own that stays up, warm, over all rounds of a row. What
 * is judged is the median of the rounds' ratios, and its lower quartile against the target. Beside
 * each round stands what the disk itself does: appends forced one by one.
 *
 * <p>{@link io.headwater.hub.benchmark.Rows} lists what is measured. Nothing here is a test: a
 * target that is missed is printed and fails nothing.
 */
@NullMarked
package io.headwater.hub.benchmark;

import org.jspecify.annotations.NullMarked;
