package io.headwater.uplink;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A gateway tells what became of a command; the same words again for each repeat of it.
 *
 * @param detail for people; may be empty
 * @param answer the device's or the agent's own words; null for none
 */
@SuppressWarnings("ArrayRecordComponent") // equals compares contents; nobody writes into them
public record CommandResult(
    String gateway, String id, CommandOutcome outcome, String detail, byte @Nullable [] answer) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CommandResult that
        && gateway.equals(that.gateway)
        && id.equals(that.id)
        && outcome == that.outcome
        && detail.equals(that.detail)
        && Arrays.equals(answer, that.answer);
  }

  @Override
  public int hashCode() {
    return Objects.hash(gateway, id, outcome, detail, Arrays.hashCode(answer));
  }
}
