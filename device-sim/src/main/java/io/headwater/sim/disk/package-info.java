/**
 * Takes all space of a file system away and gives it back.
 *
 * <p>One file of a fixed name grows until not even 1 KiB more is written, and grows on as soon as
 * somebody frees space. It is deleted at the end, when the JVM is told to end, and, after a
 * SIGKILL, by the next filler in the same folder. Its content is random, so that file systems that
 * compress cannot make it small.
 */
@NullMarked
package io.headwater.sim.disk;

import org.jspecify.annotations.NullMarked;
