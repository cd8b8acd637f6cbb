/**
 * The APIs of groups and their offsets: thin covers over Kafka's group coordinator, which does what
 * its own broker's request layer does around it (topic ids to names, members of old versions).
 */
@NullMarked
package io.headwater.hub.kafka.api.group;

import org.jspecify.annotations.NullMarked;
