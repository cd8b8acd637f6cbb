package io.headwater.edge.log;

/**
 * A commit that failed.
 *
 * @param nanos when, by {@link System#nanoTime}
 * @param error what SQLite said
 */
public record CommitFailure(long nanos, String error) {}
