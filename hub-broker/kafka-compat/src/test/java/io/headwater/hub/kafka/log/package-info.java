/** Tests of the logs: one behaviour suite for all engines, and what is the file engine's own. */
@NullMarked
package io.headwater.hub.kafka.log;

import org.jspecify.annotations.NullMarked;
