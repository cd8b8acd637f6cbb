package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/** A client with a thread of its own that comes back, whatever becomes of the agent. */
@NullMarked
abstract class ReturningClient {
  /** What the clients of one test have in common. Thread-safe. */
  static final class Trial {
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile int port;
    private volatile boolean ending;
    private volatile boolean over;

    /** Where the agent listens; 0 while it does not. */
    void listensOn(int newPort) {
      port = newPort;
    }

    int port() {
      return port;
    }

    /** No client begins anything new. */
    void end() {
      ending = true;
    }

    boolean isEnding() {
      return ending;
    }

    /** No client comes back. */
    void giveUp() {
      over = true;
    }

    @Nullable Throwable failure() {
      return failure.get();
    }
  }

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  protected final Trial trial;
  private final String id;

  ReturningClient(Trial trial, String id) {
    this.trial = trial;
    this.id = id;
  }

  abstract byte[] connect(String id);

  /** CONNACK has come. */
  abstract void connected(RawClient client, boolean sessionPresent) throws IOException;

  abstract void received(RawClient client, String packet) throws IOException;

  /** The connection is gone. */
  void lost() {}

  /** Whether there is nothing left to do. */
  abstract boolean isDone();

  Thread begin() {
    return Thread.ofPlatform().name("test-" + id).start(this::run);
  }

  private void run() {
    while (!isDone() && !trial.over && trial.failure() == null) {
      int port = trial.port();
      if (port == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
        continue;
      }
      try (RawClient client = RawClient.open(port)) {
        client.send(connect(id));
        String connack = client.receive();
        if (connack.equals("closed")) {
          continue;
        }
        assertThat(connack).as("CONNACK of " + id).matches("20..0[01]00.*");
        connected(client, connack.startsWith("01", 4));
        while (!isDone()) {
          String packet = client.receive();
          if (packet.equals("closed")) {
            break;
          }
          received(client, packet);
        }
      } catch (IOException _) {
        LockSupport.parkNanos(PAUSE_NANOS); // it is being started again
      } catch (Throwable e) {
        trial.failure.set(e);
      } finally {
        lost();
      }
    }
  }
}
