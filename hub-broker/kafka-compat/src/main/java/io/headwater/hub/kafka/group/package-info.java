/**
 * Consumer groups: Kafka's own group coordinator on the hub's log.
 *
 * <p>{@link io.headwater.hub.kafka.group.GroupCoordination} builds and runs it. It writes its
 * records through {@code LogWriter} (an append that never waits; the high watermark is the
 * acknowledgement) and reads them back through {@code LogLoader}. It follows the topics as {@code
 * MetadataImage}s. It serves the groups of the partitions that this broker leads, each for one
 * tenure at a time ({@code Tenures}).
 */
@NullMarked
package io.headwater.hub.kafka.group;

import org.jspecify.annotations.NullMarked;
