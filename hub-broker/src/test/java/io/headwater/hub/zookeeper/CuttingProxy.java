package io.headwater.hub.zookeeper;

import io.headwater.process.HostPort;
import io.headwater.process.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Stands before a server, and can cut a connection between a request and its answer. */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final HostPort server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** What is done instead of handing on the next answer, before its connection is cut. */
  private final AtomicReference<@Nullable Runnable> cut = new AtomicReference<>();

  CuttingProxy(HostPort server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Threads.start("proxy-accept", this::accept);
  }

  String connectString() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** Cuts the connection whose answer comes next, after something has been done. */
  void cutNextAnswer(Runnable before) {
    cut.set(before);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket behind = new Socket();
        behind.connect(server.socketAddress());
        open.add(client);
        open.add(behind);
        Threads.start("proxy-requests", () -> pump(client, behind, false));
        Threads.start("proxy-answers", () -> pump(behind, client, true));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void pump(Socket from, Socket to, boolean answers) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
        Runnable before = answers ? cut.getAndSet(null) : null;
        if (before != null) {
          before.run();
          return;
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException _) {
      // One side has closed, and so the other.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
