package io.headwater.process;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the process does (sd_notify(3)): starting, ready, reloading, stopping, a line
 * for {@code systemctl status}, and that it is alive.
 *
 * <p>The protocol is one datagram a message to the Unix socket named by {@code NOTIFY_SOCKET}.
 * Without it all of this does nothing; a message that does not arrive is logged, never thrown: the
 * process works without systemd.
 *
 * <p>The watchdog is fed twice in its time, and only while the process' watched health is up: a
 * process that cannot do its work is to be restarted. Thread-safe.
 */
public final class SdNotify implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(SdNotify.class);

  /** The status line is looked at so often at least. */
  private static final Duration STATUS_EVERY = Duration.ofSeconds(10);

  private final @Nullable UnixDatagram socket;
  private final long watchdogMicros;
  private final AtomicBoolean isStopping = new AtomicBoolean();
  private @Nullable ScheduledExecutorService beat;

  /** Confined to the beat's thread. */
  private String lastStatus = "";

  private SdNotify(@Nullable UnixDatagram socket, long watchdogMicros) {
    this.socket = socket;
    this.watchdogMicros = watchdogMicros;
  }

  /** What systemd has asked for in this process' environment. */
  public static SdNotify ofEnvironment() {
    return of(System.getenv(), ProcessHandle.current().pid());
  }

  static SdNotify of(Map<String, String> environment, long pid) {
    String path = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (path.isEmpty()) {
      return new SdNotify(null, 0);
    }
    boolean isForUs =
        environment.getOrDefault("WATCHDOG_PID", Long.toString(pid)).equals(Long.toString(pid));
    String micros = environment.getOrDefault("WATCHDOG_USEC", "");
    try {
      return new SdNotify(
          new UnixDatagram(path), isForUs && !micros.isEmpty() ? Long.parseLong(micros) : 0);
    } catch (IllegalArgumentException e) {
      LOGGER.atWarn().addKeyValue("error", e).log("systemd cannot be notified");
      return new SdNotify(null, 0);
    }
  }

  /** It is on its way to being ready. */
  void starting() {
    send("STATUS=starting");
  }

  /** It ends, for what a user has to mend. */
  void failed(@Nullable String why) {
    send("STATUS=" + line(String.valueOf(why)));
  }

  private static String line(String text) {
    return text.lines().collect(Collectors.joining("; "));
  }

  /**
   * The process does its work from now on; tells so, and goes on telling.
   *
   * @param process its name, for the thread
   * @param watched feeds the watchdog while it is up
   * @param status one line that tells how it does
   */
  synchronized void ready(String process, Health watched, Supplier<String> status) {
    if (socket == null) {
      return;
    }
    send("READY=1", "MAINPID=" + ProcessHandle.current().pid());
    long everyMillis =
        watchdogMicros == 0
            ? STATUS_EVERY.toMillis()
            : Math.clamp(watchdogMicros / 2000, 1, STATUS_EVERY.toMillis());
    beat = Executors.newSingleThreadScheduledExecutor(Threads.factory(process + "-watchdog"));
    var _ =
        beat.scheduleAtFixedRate(
            () -> beat(watched, status), 0, everyMillis, TimeUnit.MILLISECONDS);
  }

  private void beat(Health watched, Supplier<String> status) {
    var lines = new ArrayList<String>();
    try {
      Health.Status health = watched.status();
      if (health.isUp() && watchdogMicros > 0) {
        lines.add("WATCHDOG=1");
      }
      String line = health.isUp() ? status.get() : health.line();
      if (!line.equals(lastStatus)) {
        lastStatus = line;
        lines.add("STATUS=" + line(line));
      }
    } catch (RuntimeException e) {
      // Not fed: who cannot even be asked does not work. But asked again.
      LOGGER.atError().setCause(e).log("The process' health cannot be told");
    }
    if (!lines.isEmpty() && !isStopping.get()) {
      send(lines.toArray(String[]::new));
    }
  }

  /** Runs what reads the configuration again; systemd calls the service "reloading" meanwhile. */
  public <T> T reloading(Supplier<T> reload) {
    send("RELOADING=1", "MONOTONIC_USEC=" + System.nanoTime() / 1000);
    try {
      return reload.get();
    } finally {
      send("READY=1");
    }
  }

  /** It has begun to stop. May be called several times. */
  synchronized void stopping() {
    if (isStopping.compareAndSet(false, true)) {
      send("STOPPING=1", "STATUS=stopping");
    }
    if (beat != null) {
      beat.shutdownNow();
    }
  }

  @Override
  public void close() {
    stopping();
  }

  private void send(String... lines) {
    if (socket != null
        && !socket.send(String.join("\n", List.of(lines)).getBytes(StandardCharsets.UTF_8))) {
      LOGGER.atWarn().addKeyValue("socket", socket).log("systemd could not be notified");
    }
  }
}
