package io.headwater.hub.kafka.net;

import io.netty.channel.Channel;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * Accepts connections that wait for room as soon as a file did not go out whole.
 *
 * <p>Netty would try once more before it waits. The kernel then collects the pages of the next
 * piece only to find the socket full: with a reader that empties 64 KiB at a time, every second
 * {@code sendfile} was in vain, a tenth of what serving a fetch costs.
 */
final class AcceptingChannel extends NioServerSocketChannel {
  @Override
  protected int doReadMessages(List<Object> accepted) throws IOException {
    SocketChannel socket = javaChannel().accept();
    if (socket == null) {
      return 0;
    }
    accepted.add(new Accepted(this, socket));
    return 1;
  }

  private static final class Accepted extends NioSocketChannel {
    Accepted(Channel parent, SocketChannel socket) {
      super(parent, socket);
    }

    /** What went out is kept by the region; zero makes Netty wait until the socket has room. */
    @Override
    protected long doWriteFileRegion(FileRegion region) throws Exception {
      long written = super.doWriteFileRegion(region);
      return region.transferred() < region.count() ? 0 : written;
    }
  }
}
