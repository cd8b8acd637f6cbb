package io.headwater.sim.proxy;

import io.headwater.process.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Listens for the test, which accepts by itself: the kernel completes handshakes before. */
final class StubTarget implements AutoCloseable {
  static final int LIMIT_MILLIS = 20_000;

  private final ServerSocket listener;
  private final List<Socket> accepted = new ArrayList<>();

  StubTarget() {
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      listener.setSoTimeout(LIMIT_MILLIS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HostPort address() {
    return new HostPort("127.0.0.1", listener.getLocalPort());
  }

  Socket accept() throws IOException {
    Socket socket = listener.accept();
    socket.setSoTimeout(LIMIT_MILLIS);
    accepted.add(socket);
    return socket;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : accepted) {
      socket.close();
    }
  }
}
