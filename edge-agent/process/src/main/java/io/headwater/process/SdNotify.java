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
 * process that cannot do its work is to be restarted.
 *
 * <p>A start that has to wait for others, as a bridge for its hub, counts as over after half a
 * minute: neither a {@code systemctl start} nor the whole machine's start wait longer. The status
 * line tells what it waits for. Thread-safe.
 */
public final class SdNotify implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(SdNotify.class);

  /** The status line is looked at so often at least. */
  private static final Duration STATUS_EVERY = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final @Nullable UnixDatagram socket;
  private final long watchdogMicros;
  private final Duration patience;
  private final AtomicBoolean isStopping = new AtomicBoolean();

  /** Guarded by this. */
  private @Nullable ScheduledExecutorService beat;

  /** While it starts, being alive is enough. */
  private volatile Health watched = new Health();

  private volatile Supplier<String> status = () -> "starting";
  private volatile boolean isStarted;

  /** Confined to the beat's thread. */
  private String lastStatus = "";

  private SdNotify(@Nullable UnixDatagram socket, long watchdogMicros, Duration patience) {
    this.socket = socket;
    this.watchdogMicros = watchdogMicros;
    this.patience = patience;
  }

  /** What systemd has asked for in this process' environment. */
  public static SdNotify ofEnvironment() {
    return of(System.getenv(), ProcessHandle.current().pid(), PATIENCE);
  }

  static SdNotify of(Map<String, String> environment, long pid, Duration patience) {
    String path = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (path.isEmpty()) {
      return new SdNotify(null, 0, patience);
    }
    boolean isForUs =
        environment.getOrDefault("WATCHDOG_PID", Long.toString(pid)).equals(Long.toString(pid));
    String micros = environment.getOrDefault("WATCHDOG_USEC", "");
    try {
      return new SdNotify(
          new UnixDatagram(path),
          isForUs && !micros.isEmpty() ? Long.parseLong(micros) : 0,
          patience);
    } catch (IllegalArgumentException e) {
      LOGGER.atWarn().addKeyValue("error", e).log("systemd cannot be notified");
      return new SdNotify(null, 0, patience);
    }
  }

  /** It is on its way to being ready. */
  void starting() {
    send("STATUS=starting");
  }

  /**
   * It may wait for others from now on, for as long as they take.
   *
   * @param process its name, for the thread
   * @param health whose problems tell what it waits for
   */
  synchronized void waiting(String process, Health health) {
    if (socket == null || isStopping.get()) {
      return;
    }
    status = () -> health.status().line();
    var _ = beat(process).schedule(this::started, patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** It ends, for what a user has to mend. */
  synchronized void failed(@Nullable String why) {
    if (beat != null) {
      beat.shutdownNow();
    }
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
    if (socket == null || isStopping.get()) {
      return;
    }
    started();
    this.watched = watched;
    this.status = status;
    beat(process).execute(this::beat);
  }

  private synchronized void started() {
    if (!isStarted) {
      send("READY=1", "MAINPID=" + ProcessHandle.current().pid());
      isStarted = true;
    }
  }

  private ScheduledExecutorService beat(String process) {
    ScheduledExecutorService running = beat;
    if (running == null) {
      long everyMillis =
          watchdogMicros == 0
              ? STATUS_EVERY.toMillis()
              : Math.clamp(watchdogMicros / 2000, 1, STATUS_EVERY.toMillis());
      running = Executors.newSingleThreadScheduledExecutor(Threads.factory(process + "-watchdog"));
      var _ =
          running.scheduleAtFixedRate(this::beat, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
      beat = running;
    }
    return running;
  }

  private void beat() {
    var lines = new ArrayList<String>();
    try {
      Health.Status health = watched.status();
      if (health.isUp() && isStarted && watchdogMicros > 0) {
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
