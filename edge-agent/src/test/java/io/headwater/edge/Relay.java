package io.headwater.edge;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A door before a broker: while it is shut nobody comes in, and who was in is thrown out. Or a
 * cable that is pulled: what is sent through it is gone, and nobody is told.
 */
final class Relay implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private volatile boolean shut;
  private volatile boolean pulled;

  Relay(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  void shut() {
    shut = true;
    open.forEach(Relay::closeQuietly);
    open.clear();
  }

  void open() {
    shut = false;
  }

  /** From now on nothing comes through, in either direction, of connections that are open. */
  void pull() {
    pulled = true;
  }

  /** New connections work. */
  void plugIn() {
    shut();
    shut = false;
    pulled = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      Socket client = null;
      try {
        client = server.accept();
        open.add(client);
        if (shut || pulled) {
          closeQuietly(client);
          continue;
        }
        var far = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(far);
        Socket near = client;
        Thread.ofVirtual().start(() -> copy(near, far));
        Thread.ofVirtual().start(() -> copy(far, near));
      } catch (IOException _) {
        closeQuietly(client); // the broker is away
      }
    }
  }

  private void copy(Socket from, Socket to) {
    var buffer = new byte[8192];
    try (from;
        to) {
      for (int n = from.getInputStream().read(buffer); n >= 0; ) {
        if (!pulled) {
          to.getOutputStream().write(buffer, 0, n);
        }
        n = from.getInputStream().read(buffer);
      }
    } catch (IOException _) {
      // One of them has gone, and the other goes with it.
    }
  }

  private static void closeQuietly(@Nullable Closeable socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException _) {
      // It is closed.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    shut();
  }
}
