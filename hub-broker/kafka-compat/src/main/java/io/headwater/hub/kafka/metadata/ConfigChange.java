package io.headwater.hub.kafka.metadata;

import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.jspecify.annotations.Nullable;

/**
 * One step of an incremental change of a topic's configuration.
 *
 * @param value null for {@code DELETE}; a comma-separated list for {@code APPEND} and {@code
 *     SUBTRACT}, which are allowed on list keys only
 */
public record ConfigChange(String key, OpType operation, @Nullable String value) {}
