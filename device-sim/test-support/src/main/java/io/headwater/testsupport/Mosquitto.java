package io.headwater.testsupport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Debian's Mosquitto with its default settings, on a free port of loopback. */
public final class Mosquitto implements AutoCloseable {
  private static final Duration LISTENS_WITHIN = Duration.ofSeconds(20);
  private static final long POLL_MILLIS = 20;

  private final Path folder;
  private final Path config;
  private final int port;
  private ChildProcess process;

  private Mosquitto(Path folder, Path config, int port) {
    this.folder = folder;
    this.config = config;
    this.port = port;
    this.process = run();
  }

  public static Mosquitto start(Path folder) {
    return start(folder, "");
  }

  /** One that hands everything on to another broker, each message until it is acknowledged. */
  public static Mosquitto bridging(Path folder, String to) {
    return start(
        folder,
        """
        connection far
        address %s
        topic # out 1
        """
            .formatted(to));
  }

  /** One that writes each change to its disk, in so far as Mosquitto does. */
  public static Mosquitto persistent(Path folder, String more) {
    return start(
        folder,
        """
        user root
        persistence true
        persistence_location %s/
        autosave_on_changes true
        autosave_interval 1
        """
                .formatted(folder)
            + more);
  }

  /** One with more lines of configuration; in them, {@code $PORT} is its port. */
  public static Mosquitto start(Path folder, String more) {
    return startOnly(
        folder,
        """
        listener $PORT 127.0.0.1
        allow_anonymous true
        """
            + more);
  }

  /** One with this configuration and no other; in it, {@code $PORT} is its port. */
  public static Mosquitto startOnly(Path folder, String configuration) {
    int port = freePort();
    try {
      Path config =
          Files.writeString(
              Files.createTempFile(folder, "mosquitto", ".conf"),
              configuration.replace("$PORT", Integer.toString(port)));
      var started = new Mosquitto(folder, config, port);
      started.awaitListening();
      return started;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private ChildProcess run() {
    String program = OutsideSoftware.find("mosquitto").toString();
    return ChildProcess.start(folder, program, "-c", config.toString());
  }

  /** SIGKILL. */
  public void kill() {
    process.kill();
  }

  /** Starts it again, with the same configuration on the same port. */
  public void restart() {
    process.close();
    process = run();
    awaitListening();
  }

  public static int freePort() {
    return FreePorts.take();
  }

  private void awaitListening() {
    long end = System.nanoTime() + LISTENS_WITHIN.toNanos();
    while (!isListening()) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        throw new AssertionError("mosquitto does not listen:\n" + process.output());
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  private boolean isListening() {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  /** As {@code host:port}. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  /** What it has printed since it was started last. */
  public String output() {
    return process.output();
  }

  @Override
  public void close() {
    process.close();
  }
}
