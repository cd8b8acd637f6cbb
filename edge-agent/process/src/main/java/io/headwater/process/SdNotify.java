package io.headwater.process;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd that the process is ready, alive and stopping (sd_notify(3)).
 *
 * <p>The protocol is one datagram to the Unix socket named by {@code NOTIFY_SOCKET}. The JDK has no
 * Unix datagrams, so three functions of the C library are called. Without {@code NOTIFY_SOCKET} all
 * of this does nothing.
 *
 * <p>The watchdog is fed twice in its time, and only while the process' health is up: a process
 * that cannot do its work is to be restarted.
 */
final class SdNotify implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(SdNotify.class);
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 02000000;

  private final String socket;
  private final @Nullable ScheduledExecutorService watchdog;

  private SdNotify(String socket, @Nullable ScheduledExecutorService watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** Sends READY=1 and starts to feed the watchdog if systemd asks for it. */
  static SdNotify ready(String process, Health health) {
    String socket = System.getenv().getOrDefault("NOTIFY_SOCKET", "");
    if (socket.isEmpty()) {
      return new SdNotify(socket, null);
    }
    send(socket, "READY=1\nMAINPID=" + ProcessHandle.current().pid());
    String watchdogMicros = System.getenv().getOrDefault("WATCHDOG_USEC", "");
    if (watchdogMicros.isEmpty()) {
      return new SdNotify(socket, null);
    }
    var watchdog =
        Executors.newSingleThreadScheduledExecutor(Threads.factory(process + "-watchdog"));
    long halfMillis = Duration.ofNanos(Long.parseLong(watchdogMicros) * 1000).toMillis() / 2;
    var _ =
        watchdog.scheduleAtFixedRate(
            () -> {
              if (health.status().isUp()) {
                send(socket, "WATCHDOG=1");
              }
            },
            0,
            Math.max(halfMillis, 1),
            TimeUnit.MILLISECONDS);
    return new SdNotify(socket, watchdog);
  }

  @Override
  public void close() {
    if (watchdog != null) {
      watchdog.shutdownNow();
    }
    if (!socket.isEmpty()) {
      send(socket, "STOPPING=1");
    }
  }

  /** Sends one datagram; a failure is logged, never thrown: the process works without systemd. */
  static void send(String socket, String state) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] path = socket.getBytes(StandardCharsets.UTF_8);
      if (path.length > 107) {
        throw new IllegalArgumentException("socket path longer than 107 bytes: " + socket);
      }
      if (path[0] == '@') {
        path[0] = 0; // Linux' abstract namespace
      }
      MemorySegment address = arena.allocate(2L + path.length, 2);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, 2, path.length);
      byte[] text = state.getBytes(StandardCharsets.UTF_8);
      MemorySegment message = arena.allocate(text.length);
      MemorySegment.copy(text, 0, message, ValueLayout.JAVA_BYTE, 0, text.length);
      transmit(address, message);
    } catch (Throwable e) {
      LOGGER.atWarn().addKeyValue("error", e).log("systemd could not be notified");
    }
  }

  @SuppressWarnings("restricted") // native calls are enabled by the launcher for all processes
  private static void transmit(MemorySegment address, MemorySegment message) throws Throwable {
    Linker linker = Linker.nativeLinker();
    var library = linker.defaultLookup();
    var open =
        linker.downcallHandle(
            library.find("socket").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT));
    var sendTo =
        linker.downcallHandle(
            library.find("sendto").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    var close =
        linker.downcallHandle(
            library.find("close").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    int descriptor = (int) open.invokeExact(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (descriptor < 0) {
      throw new IllegalStateException("no Unix socket could be made");
    }
    try {
      long sent =
          (long)
              sendTo.invokeExact(
                  descriptor, message, message.byteSize(), 0, address, (int) address.byteSize());
      if (sent != message.byteSize()) {
        throw new IllegalStateException("sent " + sent + " of " + message.byteSize() + " bytes");
      }
    } finally {
      int _ = (int) close.invokeExact(descriptor);
    }
  }
}
