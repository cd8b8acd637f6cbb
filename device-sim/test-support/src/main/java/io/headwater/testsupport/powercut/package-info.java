/**
 * Power cuts at any instant of a recording.
 *
 * <p>{@link io.headwater.testsupport.powercut.Strace} runs a real process and notes its system
 * calls. {@link io.headwater.testsupport.powercut.Recording} makes {@link
 * io.headwater.testsupport.powercut.Event}s of them: what was written to files and sent on sockets,
 * in one order, over several lives of the process. {@link
 * io.headwater.testsupport.powercut.CutPoints} says where to cut, and {@link
 * io.headwater.testsupport.powercut.Disk} builds the folder that a disk may hold there. What a disk
 * may do is said there.
 */
@NullMarked
package io.headwater.testsupport.powercut;

import org.jspecify.annotations.NullMarked;
