/**
 * What the hub knows about topics and brokers, and the one way to change it.
 *
 * <p>{@link io.headwater.hub.kafka.metadata.TopicsSnapshot} is an immutable view of everything.
 * {@link io.headwater.hub.kafka.metadata.TopicCatalog} hands out the newest snapshot and changes
 * it; each change makes a new snapshot with a higher version, which all subscribers have taken
 * before {@code current()} returns it and before the change's future completes. {@link
 * io.headwater.hub.kafka.metadata.TopicRules} decides what may be changed, without any I/O; where
 * the catalog is stored is no concern of this package.
 *
 * <p>{@link io.headwater.hub.kafka.metadata.ImagePublisher} turns snapshots into Kafka's {@code
 * MetadataImage}, which the group coordinator asks for.
 */
@NullMarked
package io.headwater.hub.kafka.metadata;

import org.jspecify.annotations.NullMarked;
