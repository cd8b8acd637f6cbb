package io.headwater.sim.fleet;

/**
 * One reading that is not acknowledged, and what its newest attempt has come to. Confined to its
 * device's event loop.
 */
final class Delivery {
  final long sequence;
  final long dueNanos;
  int attempt;

  /** When the newest attempt was last sent. */
  long sentNanos;

  /** A new attempt is to be made, not before {@link #notBeforeNanos}; none is under way. */
  boolean waits;

  long notBeforeNanos;

  /** The newest attempt's; what the link that sent it needs. */
  int packetId;

  /** QoS 2: the broker has the message, its release is under way. */
  boolean released;

  Delivery(long sequence, long dueNanos) {
    this.sequence = sequence;
    this.dueNanos = dueNanos;
  }
}
