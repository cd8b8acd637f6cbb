package io.headwater.edge.output;

import java.time.Duration;

/**
 * A declared output without a mistake.
 *
 * @param name unique among outputs
 * @param where its line, as error texts begin: {@code edge.yaml line 12}
 * @param topic that commands it
 * @param state topic that its state is published to
 * @param safe its value at the start, at the end, and without commands
 * @param watchdog after so long without a command it is set to {@code safe}; zero for never
 * @param inverted whether the largest value is the pin's lowest
 */
record OutputSettings(
    String name,
    String where,
    Target target,
    String topic,
    String state,
    int safe,
    Duration watchdog,
    boolean inverted,
    boolean simulated) {
  /** What the board is given for a value. */
  int physical(int value) {
    return inverted ? target.most() - value : value;
  }

  /** The same, simulated. */
  OutputSettings simulate() {
    return new OutputSettings(name, where, target, topic, state, safe, watchdog, inverted, true);
  }
}
