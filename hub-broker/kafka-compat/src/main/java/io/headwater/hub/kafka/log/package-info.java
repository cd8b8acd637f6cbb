/**
 * The hub's log: one interface above storage, and its engine on files.
 *
 * <p>{@link io.headwater.hub.kafka.log.PartitionLog} is the only thing that the rest of the hub
 * knows of storage. An append validates, assigns offsets and returns them at once, with a future
 * that completes when they are on disk. The high watermark is the durable offset.
 *
 * <p>{@link io.headwater.hub.kafka.log.FileLogEngine} keeps each partition in Kafka's own {@code
 * UnifiedLog}. One thread, the {@code GroupCommitter}, takes all dirty partitions, forces what is
 * new of each to disk, raises the high watermarks and completes the futures: appends that arrive
 * meanwhile share the next turn. Opening and recovery are a class of their own, {@code LogFolder}.
 *
 * <p>A failed write or force is final: the engine fails every pending and later append and
 * completes {@link io.headwater.hub.kafka.log.LogEngine#failed()}; a force is never tried again,
 * because the kernel may have dropped the pages.
 */
@NullMarked
package io.headwater.hub.kafka.log;

import org.jspecify.annotations.NullMarked;
