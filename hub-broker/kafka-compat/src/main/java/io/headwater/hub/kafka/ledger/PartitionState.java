package io.headwater.hub.kafka.ledger;

import java.util.List;

/**
 * What is known of a partition's log in the cluster: who may write it, and the ledgers that hold
 * it.
 *
 * @param owner id of the broker that has taken it over last
 * @param leaderEpoch under which it has done so
 * @param startOffset first offset that may be read
 * @param compactedTo offset below which each key is there once only, as far as is known
 * @param ledgers in the order of their offsets; only the last ones may be unsealed
 */
public record PartitionState(
    int owner, int leaderEpoch, long startOffset, long compactedTo, List<Part> ledgers) {
  /** Stands for an offset, a size or a time that is not settled yet. */
  public static final long OPEN = -1;

  /**
   * One ledger of a log.
   *
   * @param ledger its id
   * @param baseOffset of its first record; {@link #OPEN} while it is made ready for what comes next
   * @param bytes of its records, or {@link #OPEN} while it is written
   * @param maxTimestamp of its records in milliseconds, or {@link #OPEN} while it is written
   * @param stableOffset where the oldest transaction began that was open at its end, otherwise its
   *     end; or {@link #OPEN} while it is written
   */
  public record Part(
      long ledger, long baseOffset, long bytes, long maxTimestamp, long stableOffset) {
    /** One that is being written, or made ready for that. */
    public static Part open(long ledger, long baseOffset) {
      return new Part(ledger, baseOffset, OPEN, OPEN, OPEN);
    }

    public boolean isOpen() {
      return stableOffset == OPEN;
    }
  }

  public PartitionState {
    ledgers = List.copyOf(ledgers);
  }

  PartitionState withStart(long offset) {
    return new PartitionState(owner, leaderEpoch, offset, compactedTo, ledgers);
  }

  PartitionState withLedgers(List<Part> parts) {
    return new PartitionState(owner, leaderEpoch, startOffset, compactedTo, parts);
  }

  PartitionState withCompactedTo(long offset) {
    return new PartitionState(owner, leaderEpoch, startOffset, offset, ledgers);
  }
}
