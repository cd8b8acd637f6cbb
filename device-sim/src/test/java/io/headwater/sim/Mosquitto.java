package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** Debian's Mosquitto with its default settings, on a free port of loopback. */
final class Mosquitto implements AutoCloseable {
  private final ChildProcess process;
  private final int port;

  private Mosquitto(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  static Mosquitto start(Path folder) {
    return start(folder, "");
  }

  /** One that hands everything on to another broker, each message until it is acknowledged. */
  static Mosquitto bridging(Path folder, HostPort to) {
    return start(
        folder,
        """
        connection far
        address %s
        topic # out 1
        """
            .formatted(to));
  }

  private static Mosquitto start(Path folder, String more) {
    String program = OutsideSoftware.find("mosquitto").toString();
    int port = freePort();
    try {
      Path config =
          Files.writeString(
              Files.createTempFile(folder, "mosquitto", ".conf"),
              """
              listener %d 127.0.0.1
              allow_anonymous true
              %s\
              """
                  .formatted(port, more));
      var started =
          new Mosquitto(ChildProcess.start(folder, program, "-c", config.toString()), port);
      Awaitility.await("mosquitto listens")
          .atMost(Duration.ofSeconds(20))
          .until(started::isListening);
      return started;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private boolean isListening() {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException _) {
      if (!process.isAlive()) {
        throw new AssertionError(process.output());
      }
      return false;
    }
  }

  HostPort address() {
    return new HostPort("127.0.0.1", port);
  }

  @Override
  public void close() {
    process.close();
  }
}
