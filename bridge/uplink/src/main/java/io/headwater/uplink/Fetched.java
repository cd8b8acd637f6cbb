package io.headwater.uplink;

import java.util.Optional;

/**
 * A gateway's answer to one {@link FetchRequest}.
 *
 * @param refusal why nothing can be fetched; empty if something can
 * @param first offset at which the answer begins
 * @param end offset behind the last that was asked for, now that it is known
 * @param batch of track {@code refetch}, from {@code first} on; empty if there is nothing
 */
public record Fetched(
    String gateway, String id, String refusal, long first, long end, Optional<Batch> batch) {
  public Fetched {
    batch.ifPresent(held -> {
      if (held.track() != Track.REFETCH
          || !held.gateway().equals(gateway)
          || held.firstOffset() != first
          || held.nextOffset() > end) {
        throw new IllegalArgumentException("the batch is not what was fetched");
      }
    });
  }

  /** Where to go on. */
  public long next() {
    return batch.map(Batch::nextOffset).orElse(first);
  }
}
