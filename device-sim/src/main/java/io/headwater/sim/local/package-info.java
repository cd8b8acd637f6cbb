/**
 * All of Headwater's processes on this machine, as separate JVMs through the launcher, for the demo
 * and for tests that kill them.
 */
@NullMarked
package io.headwater.sim.local;

import org.jspecify.annotations.NullMarked;
