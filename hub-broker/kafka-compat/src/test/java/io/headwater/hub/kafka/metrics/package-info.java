/** Tests of the bounds on series. What they tell is tested with a whole hub. */
@NullMarked
package io.headwater.hub.kafka.metrics;

import org.jspecify.annotations.NullMarked;
