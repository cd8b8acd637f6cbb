package io.headwater.hub.bookkeeper;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Entries on the heap, one behind the other in one array: they can be sent on as they are. */
final class EntryCopies {
  private EntryCopies() {}

  /**
   * @param entries left as they are, to be released by the caller
   */
  static List<ByteBuffer> of(List<ByteBuf> entries) {
    ByteBuffer all =
        ByteBuffer.allocate(
            Math.toIntExact(entries.stream().mapToLong(ByteBuf::readableBytes).sum()));
    var copies = new ArrayList<ByteBuffer>(entries.size());
    for (ByteBuf entry : entries) {
      ByteBuffer copy = all.slice(all.position(), entry.readableBytes());
      entry.getBytes(entry.readerIndex(), copy);
      copies.add(copy.flip());
      all.position(all.position() + entry.readableBytes());
    }
    return copies;
  }
}
