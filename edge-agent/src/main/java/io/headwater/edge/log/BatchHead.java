package io.headwater.edge.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a batch of rows holds, without the rows: whoever looks for one partition's rows need not
 * read the others', and if the rows are damaged it is known which are lost.
 *
 * @param seq of the first row; the others follow without a hole
 */
record BatchHead(long seq, List<Part> parts) {
  private static final int LAYOUT = 1;

  /** So many rows of a partition, of which the first has this offset. */
  record Part(int partition, long firstOffset, int rows) {
    long nextOffset() {
      return firstOffset + rows;
    }
  }

  BatchHead {
    parts = List.copyOf(parts);
  }

  int rows() {
    int rows = 0;
    for (Part part : parts) {
      rows += part.rows();
    }
    return rows;
  }

  long nextSeq() {
    return seq + rows();
  }

  Optional<Part> part(int partition) {
    for (Part part : parts) {
      if (part.partition() == partition) {
        return Optional.of(part);
      }
    }
    return Optional.empty();
  }

  byte[] encode() {
    var out = new BatchBytes();
    out.u8(LAYOUT);
    writeTo(out);
    return out.sealed();
  }

  void writeTo(BatchBytes out) {
    out.number(seq).number(parts.size());
    for (Part part : parts) {
      out.number(part.partition()).number(part.firstOffset()).number(part.rows());
    }
  }

  /** Empty if it is damaged. */
  static Optional<BatchHead> decode(byte[] sealed) {
    ByteBuffer in = BatchBytes.open(sealed);
    return in == null || in.get() != LAYOUT ? Optional.empty() : Optional.of(read(in));
  }

  static BatchHead read(ByteBuffer in) {
    long seq = BatchBytes.number(in);
    int count = BatchBytes.size(in);
    var parts = new ArrayList<Part>(count);
    for (int i = 0; i < count; i++) {
      parts.add(new Part(BatchBytes.size(in), BatchBytes.number(in), BatchBytes.size(in)));
    }
    return new BatchHead(seq, parts);
  }
}
