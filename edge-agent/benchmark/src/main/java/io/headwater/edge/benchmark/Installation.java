package io.headwater.edge.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A broker with its own data folder and port, which can be killed and started again. */
final class Installation implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Subject subject;
  private final Path folder;
  private final int port;
  private final Clients clients;
  private @Nullable Broker running;

  private Installation(Subject subject, Path folder, int port, Clients clients) {
    this.subject = subject;
    this.folder = folder;
    this.port = port;
    this.clients = clients;
  }

  /** Makes the folder and starts the broker. */
  static Installation start(Subject subject, Path parent, Clients clients)
      throws IOException, InterruptedException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    var made =
        new Installation(subject, Files.createTempDirectory(parent, subject.name()), port, clients);
    try {
      made.start();
      return made;
    } catch (IOException | InterruptedException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** Starts the process and returns when clients are answered. */
  void start() throws IOException, InterruptedException {
    long started = System.nanoTime();
    Broker broker = subject.launch(folder, port);
    running = broker;
    while (!clients.isServing(port)) {
      if (!broker.process().isAlive() || System.nanoTime() - started > PATIENCE.toNanos()) {
        throw new IOException(subject.name() + " does not serve:\n" + broker.process().output());
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  int port() {
    return port;
  }

  Broker broker() {
    Broker broker = running;
    if (broker == null) {
      throw new IllegalStateException(subject.name() + " has not been started");
    }
    return broker;
  }

  /** SIGKILL. */
  void kill() {
    broker().process().kill();
  }

  @Override
  public void close() throws IOException {
    if (running != null) {
      running.process().close();
    }
    List<Path> files;
    try (var walk = Files.walk(folder)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
