package io.headwater.hub.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A broker with its own data folder and port, which can be stopped and started again. */
final class Installation implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Subject subject;
  private final Path folder;
  private final int port;
  private @Nullable Broker running;

  private Installation(Subject subject, Path folder, int port) {
    this.subject = subject;
    this.folder = folder;
    this.port = port;
  }

  /** Makes the folder ready; nothing runs yet. */
  static Installation prepare(Subject subject, Path parent) throws IOException {
    Path folder = Files.createTempDirectory(parent, subject.name());
    int port = Ports.free();
    subject.prepare(folder, port);
    return new Installation(subject, folder, port);
  }

  Subject subject() {
    return subject;
  }

  Path folder() {
    return folder;
  }

  /** Starts the process; it may not serve yet. */
  Broker launch() throws IOException {
    Broker broker = subject.launch(folder, port);
    running = broker;
    return broker;
  }

  /** Starts the process and returns when clients are answered, with the seconds that it took. */
  double start() throws IOException, InterruptedException {
    long started = System.nanoTime();
    Broker broker = launch();
    while (!Clients.answers(broker)) {
      if (!broker.isAlive()) {
        throw new IOException(subject.name() + " has ended before it served:\n" + broker.output());
      }
      if (System.nanoTime() - started > PATIENCE.toNanos()) {
        throw new IOException(
            subject.name() + " does not serve after " + PATIENCE + ":\n" + broker.output());
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    return (System.nanoTime() - started) / 1e9;
  }

  Broker broker() {
    Broker broker = running;
    if (broker == null) {
      throw new IllegalStateException(subject.name() + " has not been started");
    }
    return broker;
  }

  /** Stops it as an operator would. */
  void stop() {
    broker().close();
  }

  /** SIGKILL. */
  void kill() {
    broker().kill();
  }

  @Override
  public void close() throws IOException {
    if (running != null) {
      running.kill();
    }
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
