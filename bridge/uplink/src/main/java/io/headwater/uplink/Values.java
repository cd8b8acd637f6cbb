package io.headwater.uplink;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Values of plain topics for a gateway's own listener. Either changes, as they come, or a part of
 * all of them: when a gateway has every part, what was in none of them is gone.
 *
 * @param sync 0 for changes; otherwise the same number in each part
 * @param index of the part, from 0
 * @param parts how many there are
 */
public record Values(String gateway, long sync, int index, int parts, List<Value> values) {
  public Values {
    values = List.copyOf(values);
    if (index < 0 || parts < 1 || index >= parts) {
      throw new IllegalArgumentException("part " + index + " of " + parts);
    }
  }

  /**
   * The newest value of a topic.
   *
   * @param value null: there is none any more
   */
  @SuppressWarnings("ArrayRecordComponent") // equals compares contents; nobody writes into them
  public record Value(String topic, byte @Nullable [] value) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Value that
          && topic.equals(that.topic)
          && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
      return Objects.hash(topic, Arrays.hashCode(value));
    }
  }
}
