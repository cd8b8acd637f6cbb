/**
 * What time it is on a device that may not know.
 *
 * <p>Each reading gets a {@link io.headwater.edge.clock.Capture}: which boot, how long since it
 * began, and what the wall clock said, right or wrong. The first two never jump. Once it is known
 * when a boot began ({@link io.headwater.edge.clock.BootTime}), the time of all of its readings is
 * known, also of those before. The {@link io.headwater.edge.clock.ClockKeeper} finds that out: from
 * the wall clock while the kernel says that it is synchronised, otherwise from the bridges' clock
 * ({@code BridgeClock}). What it has found is kept beside the log for all boots ({@link
 * io.headwater.edge.clock.BootTimes}); rows on disk are never changed.
 */
@NullMarked
package io.headwater.edge.clock;

import org.jspecify.annotations.NullMarked;
