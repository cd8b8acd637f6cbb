/**
 * What the tests of all modules share: outside software, real child processes, seeds.
 *
 * <p>{@link io.headwater.testsupport.OutsideSoftware} finds programs that Headwater does not ship.
 * {@link io.headwater.testsupport.ChildProcess} starts and kills processes as users do; {@link
 * io.headwater.testsupport.Headwater} does so with Headwater's own, through its launcher, {@link
 * io.headwater.testsupport.Mosquitto} with Debian's broker.
 */
@NullMarked
package io.headwater.testsupport;

import org.jspecify.annotations.NullMarked;
