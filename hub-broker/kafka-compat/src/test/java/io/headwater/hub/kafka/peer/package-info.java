@NullMarked
package io.headwater.hub.kafka.peer;

import org.jspecify.annotations.NullMarked;
