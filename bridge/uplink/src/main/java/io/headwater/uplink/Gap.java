package io.headwater.uplink;

/**
 * Offsets that have no record any more.
 *
 * @param firstOffset inclusive
 * @param nextOffset exclusive
 * @param kept of {@code total} readings that the range stood for, where a policy thinned them out
 */
public record Gap(long firstOffset, long nextOffset, GapReason reason, long kept, long total) {
  public Gap {
    if (firstOffset < 0 || nextOffset <= firstOffset) {
      throw new IllegalArgumentException("gap " + firstOffset + " to " + nextOffset + " is empty");
    }
  }
}
