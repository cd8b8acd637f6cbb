package io.headwater.edge.input;

import java.util.Optional;

/**
 * A declared input that cannot be used.
 *
 * @param name as far as it can be told: its name, or its place in the list
 * @param topic if it has one that can be published to
 * @param problem with file and line
 */
record FaultyInput(String name, Optional<String> topic, String problem) {}
