package io.headwater.hub.kafka.log;

import java.util.concurrent.CompletableFuture;

/**
 * What an append did.
 *
 * @param firstOffset of the appended records, or of the original ones if {@code duplicate}
 * @param lastOffset inclusive
 * @param logAppendTimeMs the timestamp given to all records, or -1 if they keep the producer's
 * @param logStartOffset of the log at that moment
 * @param duplicate whether nothing was written because the batch was there already
 * @param durable completes when the high watermark has passed {@code lastOffset}; fails with {@code
 *     KafkaStorageException} when the log fails or is closed before, with {@code
 *     UnknownTopicOrPartitionException} when it is deleted. Completed by the commit thread or by
 *     the appending one: what is chained without an executor must be quick.
 */
public record Appended(
    long firstOffset,
    long lastOffset,
    long logAppendTimeMs,
    long logStartOffset,
    boolean duplicate,
    CompletableFuture<Void> durable) {}
