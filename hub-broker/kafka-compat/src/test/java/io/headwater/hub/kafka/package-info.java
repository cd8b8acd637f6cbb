/** Tests of the broker as a whole, and of its layers. */
@NullMarked
package io.headwater.hub.kafka;

import org.jspecify.annotations.NullMarked;
