package io.headwater.hub.kafka.net;

import io.netty.channel.Channel;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections that wait for room as soon as a file did not go out whole.
 *
 * <p>Netty would try once more before it waits. The kernel then collects the pages of the next
 * piece only to find the socket full: with a reader that empties 64 KiB at a time, every second
 * {@code sendfile} was in vain, a tenth of what serving a fetch costs.
 */
class AcceptingChannel extends NioServerSocketChannel {
  private static final Logger LOGGER = LoggerFactory.getLogger(AcceptingChannel.class);

  @Override
  protected int doReadMessages(List<Object> accepted) throws IOException {
    SocketChannel socket = javaChannel().accept();
    if (socket == null) {
      return 0;
    }
    try {
      accepted.add(connection(socket));
      return 1;
    } catch (Exception | Error e) {
      // As Netty: what is thrown from here would end the listening.
      LOGGER.atWarn().setCause(e).log("A connection could not be accepted");
      close(socket);
      return 0;
    }
  }

  Channel connection(SocketChannel socket) {
    return new Accepted(this, socket);
  }

  private static void close(SocketChannel socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).log("A connection that was not accepted could not be closed");
    }
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
