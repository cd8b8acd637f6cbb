/**
 * What a simulated device says: a reading with the identity and the checksum by which it is
 * recognised at the far end.
 */
@NullMarked
package io.headwater.sim.reading;

import org.jspecify.annotations.NullMarked;
