package io.headwater.hub.kafka.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ResponseHeader;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Encodes a response into the parts that are sent one after the other: small fields and a few
 * records in buffers, large byte arrays wrapped without a copy, many records of a file as a region
 * that the kernel sends.
 */
final class ResponseWriter implements Writable {
  /** Shorter arrays are cheaper to copy than to send as a part of their own. */
  private static final int COPIED = 1024;

  /**
   * The same for records in a file: each part is a call of its own to the kernel, a packet, and a
   * read for the client.
   */
  static final int READ = 16 << 10;

  private final ByteBufAllocator allocator;
  private final List<Object> parts = new ArrayList<>();
  private ByteBuf buffer;

  private ResponseWriter(ByteBufAllocator allocator, int capacity) {
    this.allocator = allocator;
    this.buffer = allocator.ioBuffer(capacity);
  }

  /** The whole frame, its length in front. The caller writes all parts, or releases them. */
  static List<Object> encode(
      ByteBufAllocator allocator, ResponseHeader header, AbstractResponse response, short version) {
    var cache = new ObjectSerializationCache();
    var size = new MessageSizeAccumulator();
    ApiMessage headerData = header.data();
    ApiMessage body = response.data();
    headerData.addSize(size, cache, header.headerVersion());
    body.addSize(size, cache, version);
    var writer = new ResponseWriter(allocator, size.sizeExcludingZeroCopy() + Integer.BYTES);
    try {
      writer.writeInt(size.totalSize());
      headerData.write(writer, cache, header.headerVersion());
      body.write(writer, cache, version);
      writer.endBuffer(0);
      return writer.parts;
    } catch (RuntimeException | Error e) {
      writer.release();
      throw e;
    }
  }

  private void release() {
    buffer.release();
    parts.forEach(io.netty.util.ReferenceCountUtil::release);
  }

  private void endBuffer(int nextCapacity) {
    if (buffer.isReadable()) {
      parts.add(buffer);
    } else {
      buffer.release();
    }
    buffer = nextCapacity == 0 ? Unpooled.EMPTY_BUFFER : allocator.ioBuffer(nextCapacity);
  }

  @Override
  public void writeByte(byte value) {
    buffer.writeByte(value);
  }

  @Override
  public void writeShort(short value) {
    buffer.writeShort(value);
  }

  @Override
  public void writeInt(int value) {
    buffer.writeInt(value);
  }

  @Override
  public void writeLong(long value) {
    buffer.writeLong(value);
  }

  @Override
  public void writeDouble(double value) {
    buffer.writeDouble(value);
  }

  @Override
  public void writeByteArray(byte[] array) {
    buffer.writeBytes(array);
  }

  @Override
  public void writeUnsignedVarint(int value) {
    ByteBuffer varint = ByteBuffer.allocate(5);
    ByteUtils.writeUnsignedVarint(value, varint);
    buffer.writeBytes(varint.flip());
  }

  @Override
  public void writeVarint(int value) {
    ByteBuffer varint = ByteBuffer.allocate(5);
    ByteUtils.writeVarint(value, varint);
    buffer.writeBytes(varint.flip());
  }

  @Override
  public void writeVarlong(long value) {
    ByteBuffer varlong = ByteBuffer.allocate(10);
    ByteUtils.writeVarlong(value, varlong);
    buffer.writeBytes(varlong.flip());
  }

  @Override
  public void writeByteBuffer(ByteBuffer bytes) {
    if (bytes.remaining() <= COPIED) {
      buffer.writeBytes(bytes.duplicate());
    } else {
      endBuffer(COPIED);
      parts.add(Unpooled.wrappedBuffer(bytes));
    }
  }

  @Override
  public void writeRecords(BaseRecords records) {
    switch (records) {
      case MemoryRecords memory -> writeByteBuffer(memory.buffer());
      case FileRecords file -> {
        if (file.sizeInBytes() > READ) {
          endBuffer(COPIED);
          parts.add(new RecordsRegion(file));
        } else if (file.sizeInBytes() > 0) {
          read(file);
        }
      }
      default -> throw new IllegalArgumentException("records of " + records.getClass());
    }
  }

  private void read(FileRecords file) {
    int size = file.sizeInBytes();
    buffer.ensureWritable(size);
    ByteBuffer target = buffer.internalNioBuffer(buffer.writerIndex(), size).slice();
    try {
      file.readInto(target, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (target.remaining() != size) {
      throw new IllegalStateException(
          "read " + target.remaining() + " of " + size + " bytes of " + file.file());
    }
    buffer.writerIndex(buffer.writerIndex() + size);
  }
}
