/**
 * The run record: everything that a verdict rests on, as JSON lines, so that it can be repeated and
 * looked into afterwards.
 *
 * <p>The first line is {@code {"event":"run","version":1,…}} with the run's rules. Then, one line
 * each: {@code published} and {@code acknowledged} with device, sequence and attempt; {@code
 * arrived} with the record as it was found (text as text, anything else in Base64); {@code note}
 * for phases and faults. The last line is {@code verdict}. {@code ms} is the simulator's clock. A
 * file whose name ends in {@code .gz} is compressed.
 */
@NullMarked
package io.headwater.sim.record;

import org.jspecify.annotations.NullMarked;
