package io.headwater.edge.input.sensor;

import java.util.Set;
import java.util.function.Function;

/**
 * A kind of sensor that can be declared.
 *
 * @param name the value of {@code type}
 * @param keys those that only this type has
 * @param read makes the settings; what is wrong is told to the keys, and then the result is not
 *     used
 */
public record SensorType(String name, Set<String> keys, Function<SensorKeys, SensorSettings> read) {
  public SensorType {
    keys = Set.copyOf(keys);
  }
}
