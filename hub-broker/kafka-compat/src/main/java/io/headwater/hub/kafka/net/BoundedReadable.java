package io.headwater.hub.kafka.net;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * A request's bytes, for the library's parsers, with limits on what they make of them: an array has
 * at most {@link #MOST_ELEMENTS} elements (the library makes room for as many as a request claims
 * to have and has bytes for), and all of a request at most {@link #MOST_READS} fields.
 */
final class BoundedReadable extends ByteBufferAccessor {
  /** As Kafka itself has it from 4.4 on. */
  static final int MOST_ELEMENTS = 1_000_000;

  static final int MOST_READS = 4_000_000;

  private int reads;

  BoundedReadable(ByteBuffer buffer) {
    super(buffer);
  }

  /** The parsers ask only to see whether an array can have as many elements as it claims. */
  @Override
  public int remaining() {
    return Math.min(super.remaining(), MOST_ELEMENTS);
  }

  private void count() {
    if (++reads > MOST_READS) {
      throw new InvalidRequestException("a request of more than " + MOST_READS + " fields");
    }
  }

  @Override
  public byte readByte() {
    count();
    return super.readByte();
  }

  @Override
  public short readShort() {
    count();
    return super.readShort();
  }

  @Override
  public int readInt() {
    count();
    return super.readInt();
  }

  @Override
  public long readLong() {
    count();
    return super.readLong();
  }

  @Override
  public int readUnsignedVarint() {
    count();
    return super.readUnsignedVarint();
  }
}
