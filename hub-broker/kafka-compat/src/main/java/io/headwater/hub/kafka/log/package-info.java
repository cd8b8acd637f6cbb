/**
 * The hub's logs: one per partition, behind an interface that hides how records are kept.
 *
 * <p>{@link io.headwater.hub.kafka.log.PartitionLog} is the only thing that the rest of the hub
 * sees of storage, {@link io.headwater.hub.kafka.log.LogEngine} hands them out by partition. An
 * append assigns offsets and returns at once; durability is reported later, by a future per append
 * and by one stream of high watermarks per log. <b>The high watermark is the durable offset</b>:
 * whatever lies below it is on disk, and nobody ever reads above it. Those who can bear a loss may
 * let go of that ({@link io.headwater.hub.kafka.log.FlushMode}): then it is the written offset.
 *
 * <p>{@link io.headwater.hub.kafka.log.FileLogEngine} keeps each log in files ({@code
 * <topic>-<partition>/}) through Kafka's own {@code UnifiedLog}. One thread, {@code
 * hub-log-commit}, makes what was appended durable (group commit: file by file, or by one {@code
 * syncfs} when many logs are dirty), raises high watermarks and completes futures; Kafka's cleaner
 * compacts, a housekeeping thread applies retention. After an unclean end the logs are scanned from
 * their last checkpoint and cut at the first bad batch.
 *
 * <p>An I/O error ends the log that met it, until the next start (decision 0009). Before the disk
 * is full, clients' records are refused ({@link io.headwater.hub.kafka.log.LowSpace}).
 */
@NullMarked
package io.headwater.hub.kafka.log;

import org.jspecify.annotations.NullMarked;
