@NullMarked
package io.headwater.hub.kafka.group;

import org.jspecify.annotations.NullMarked;
