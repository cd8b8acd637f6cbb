/** Routes: which stream and key a publish gets, by its MQTT topic. Immutable once built. */
@NullMarked
package io.headwater.edge.route;

import org.jspecify.annotations.NullMarked;
