package io.headwater.sim.local;

import io.headwater.process.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Hub, bridge, edge agent and analytics on this machine.
 *
 * <p>All are started at once, because each waits for what it needs; they are stopped one after the
 * other, from the edge inwards, so that what is under way still arrives. Whoever makes one sees to
 * it that {@link #killAll} is called when the JVM ends. Not thread-safe, but {@code killAll} may be
 * called from any thread.
 */
public final class LocalSystem implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

  private final Map<Part, LocalProcess> processes = new EnumMap<>(Part.class);
  private final LocalPorts ports;
  private final Path data;
  private final Consumer<String> progress;

  /** All processes, without proxies between them. */
  public LocalSystem(
      Path home, Path data, LocalPorts ports, Path queries, Consumer<String> progress) {
    this(home, data, ports, LocalLinks.DIRECT, EnumSet.allOf(Part.class), queries, progress);
  }

  /**
   * @param home the project's folder, where the launcher lies
   * @param data each process gets a folder in it; output goes to {@code logs}
   * @param links where proxies are between the processes
   * @param parts which processes there are
   * @param queries the query file of analytics
   * @param progress is told a line for every process that is ready
   */
  public LocalSystem(
      Path home,
      Path data,
      LocalPorts ports,
      LocalLinks links,
      Set<Part> parts,
      Path queries,
      Consumer<String> progress) {
    this.ports = ports;
    this.data = data;
    this.progress = progress;
    for (Part part : parts) {
      var arguments = new ArrayList<>(ports.arguments(part, links));
      arguments.add("--data=" + dataFolder(part));
      if (part == Part.ANALYTICS) {
        arguments.add("--queries=" + queries);
      }
      processes.put(
          part,
          new LocalProcess(
              part,
              home.resolve("headwater"),
              arguments,
              data.resolve("logs").resolve(part.command() + ".log")));
    }
  }

  /** The project's folder as the launcher tells it. */
  public static Path home() {
    String home =
        Optional.ofNullable(System.getenv("HEADWATER_HOME"))
            .orElseGet(() -> System.getProperty("headwater.home", "."));
    return Path.of(home);
  }

  /** Where the part keeps its data. */
  public Path dataFolder(Part part) {
    return data.resolve(part.command());
  }

  public LocalPorts ports() {
    return ports;
  }

  /**
   * Starts all and waits until all are ready.
   *
   * @param cancelled gives up the start as soon as it says so
   * @throws UserError if one ends or takes too long; the others keep running until {@link #close}
   */
  public void start(Duration limit, BooleanSupplier cancelled) {
    processes.values().forEach(LocalProcess::start);
    awaitReady(processes.keySet(), limit, cancelled);
  }

  /** Starts one, for example after {@link #kill} or {@link #stop}, and waits until it is ready. */
  public void start(Part part, Duration limit) {
    process(part).start();
    awaitReady(EnumSet.of(part), limit, () -> false);
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill(Part part) {
    process(part).kill();
  }

  /** SIGTERM, and SIGKILL if it does not end within 10 s; returns when the process is gone. */
  public void stop(Part part) {
    process(part).stop(STOP_PATIENCE);
  }

  /** SIGSTOP: its connections stay open, and nothing is answered. */
  public void suspend(Part part) {
    process(part).suspend();
  }

  /** SIGCONT after {@link #suspend}. */
  public void resume(Part part) {
    process(part).resume();
  }

  public long pid(Part part) {
    return process(part).pid();
  }

  /** What the part has printed since its last start. */
  public String output(Part part) {
    return process(part).outputSinceStart();
  }

  /** A line about a process that has ended although nobody asked it to. */
  public Optional<String> firstEnded() {
    for (LocalProcess process : processes.values()) {
      if (process.hasEndedByItself()) {
        return Optional.of(process.endedLine());
      }
    }
    return Optional.empty();
  }

  private void awaitReady(Set<Part> parts, Duration limit, BooleanSupplier cancelled) {
    long start = System.nanoTime();
    Set<Part> waiting = EnumSet.copyOf(parts);
    while (!waiting.isEmpty()) {
      if (cancelled.getAsBoolean()) {
        throw UserError.failure("stopped while starting");
      }
      for (Part part : List.copyOf(waiting)) {
        if (process(part).isReady()) {
          waiting.remove(part);
          progress.accept(
              "%-10s ready after %.1f s"
                  .formatted(part.command(), (System.nanoTime() - start) / 1e9));
        } else if (System.nanoTime() - start > limit.toNanos()) {
          throw UserError.failure(process(part).notReadyLine(limit));
        }
      }
      try {
        TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw UserError.failure("interrupted while starting");
      }
    }
  }

  private LocalProcess process(Part part) {
    LocalProcess process = processes.get(part);
    if (process == null) {
      throw new AssertionError(part);
    }
    return process;
  }

  /** Stops all in order. */
  @Override
  public void close() {
    for (Part part : List.copyOf(processes.keySet()).reversed()) {
      stop(part);
    }
  }

  /** SIGKILL to all that still run. */
  public void killAll() {
    processes.values().forEach(LocalProcess::kill);
  }
}
