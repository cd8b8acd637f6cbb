package io.headwater.edge.input.sensor;

import java.time.Duration;

/**
 * How a pin is used.
 *
 * @param number the line's offset at its chip: BCM numbers on a Raspberry Pi
 * @param debounce for how long a level must last before it counts; zero for no such wait
 */
public record PinSettings(int number, Pull pull, Duration debounce) {
  /** What the pin is when nothing drives it. */
  public enum Pull {
    UP,
    DOWN,
    OFF
  }
}
