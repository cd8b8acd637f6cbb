package io.headwater.hub.kafka.net;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.record.internal.FileRecords;

/** A slice of a log file that the kernel sends from its page cache. Plain text connections only. */
final class RecordsRegion extends AbstractReferenceCounted implements FileRegion {
  private final FileRecords records;
  private final int size;
  private long transferred;

  RecordsRegion(FileRecords records) {
    this.records = records;
    this.size = records.sizeInBytes();
  }

  @Override
  public long position() {
    return 0;
  }

  @Override
  @Deprecated
  public long transfered() {
    return transferred;
  }

  @Override
  public long transferred() {
    return transferred;
  }

  @Override
  public long count() {
    return size;
  }

  @Override
  public long transferTo(WritableByteChannel target, long position) throws IOException {
    int written = records.writeTo(new Adapter(target), (int) position, size - (int) position);
    if (written > 0) {
      transferred += written;
    }
    return written;
  }

  @Override
  protected void deallocate() {
    // The file belongs to the log.
  }

  @Override
  public FileRegion retain() {
    super.retain();
    return this;
  }

  @Override
  public FileRegion retain(int increment) {
    super.retain(increment);
    return this;
  }

  @Override
  public FileRegion touch() {
    return this;
  }

  @Override
  public FileRegion touch(Object hint) {
    return this;
  }

  /** What {@code FileRecords} writes to. Closing it closes nothing: the channel is Netty's. */
  private record Adapter(WritableByteChannel target) implements TransferableChannel {
    @Override
    public boolean hasPendingWrites() {
      return false;
    }

    @Override
    public long transferFrom(FileChannel file, long position, long count) throws IOException {
      return file.transferTo(position, count, target);
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
      long written = 0;
      for (int i = offset; i < offset + length; i++) {
        written += target.write(sources[i]);
        if (sources[i].hasRemaining()) {
          break;
        }
      }
      return written;
    }

    @Override
    public long write(ByteBuffer[] sources) throws IOException {
      return write(sources, 0, sources.length);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return target.write(source);
    }

    @Override
    public boolean isOpen() {
      return target.isOpen();
    }

    @Override
    public void close() {
      // See the class comment.
    }
  }
}
