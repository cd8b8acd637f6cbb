package io.headwater.edge.mqtt;

/**
 * What clients were refused for one reason.
 *
 * @param times since the agent's start
 * @param nanos when the latest was, by {@link System#nanoTime}
 */
public record Refusal(String reason, long times, long nanos) {}
