package io.headwater.sim.fleet;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/** How Netty reaches sockets. */
record Transport(
    IoHandlerFactory ioHandlers,
    Class<? extends Channel> channels,
    Class<? extends ServerChannel> serverChannels) {
  static final Transport BEST =
      new Transport(
          NioIoHandler.newFactory(), NioSocketChannel.class, NioServerSocketChannel.class);
}
