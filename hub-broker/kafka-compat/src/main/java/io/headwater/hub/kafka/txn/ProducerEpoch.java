package io.headwater.hub.kafka.txn;

/** A producer id and the epoch under which it may write; -1 and -1 for none. */
public record ProducerEpoch(long producerId, short epoch) {
  public static final ProducerEpoch NONE = new ProducerEpoch(-1, (short) -1);
}
