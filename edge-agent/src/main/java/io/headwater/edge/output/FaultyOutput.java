package io.headwater.edge.output;

/**
 * A declared output that cannot be used.
 *
 * @param name as far as it can be told: its name, or its place in the list
 * @param problem with file and line
 */
public record FaultyOutput(String name, String problem) {}
