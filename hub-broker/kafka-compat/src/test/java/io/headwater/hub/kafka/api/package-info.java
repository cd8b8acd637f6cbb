/** Tests of the protocol's messages. */
@NullMarked
package io.headwater.hub.kafka.api;

import org.jspecify.annotations.NullMarked;
