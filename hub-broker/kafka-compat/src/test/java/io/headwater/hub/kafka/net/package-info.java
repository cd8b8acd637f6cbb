/** Tests of the Kafka front end. */
@NullMarked
package io.headwater.hub.kafka.net;

import org.jspecify.annotations.NullMarked;
