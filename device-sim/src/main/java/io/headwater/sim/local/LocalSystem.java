package io.headwater.sim.local;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Hub, bridge, edge agent and analytics on this machine.
 *
 * <p>They are started at once, because each waits for what it needs, or in waves if they are many,
 * since each needs a processor to be ready in time; they are stopped one after the other, from the
 * edge inwards, so that what is under way still arrives. Whoever makes one sees to it that {@link
 * #killAll} is called when the JVM ends. Not thread-safe, but {@code killAll} may be called from
 * any thread.
 */
public final class LocalSystem implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

  /** More processes than this share the processors: their JVMs then compile less eagerly. */
  private static final int FEW = 6;

  private static final String LIGHT = "-XX:TieredStopAtLevel=1";

  private final Map<Member, LocalProcess> processes = new LinkedHashMap<>();
  private final Path data;
  private final Consumer<String> progress;

  /** All processes, without proxies between them. */
  public LocalSystem(
      Path home, Path data, LocalPorts ports, Path queries, Consumer<String> progress) {
    this(home, data, ports, LocalLinks.DIRECT, Part.OWN, queries, progress);
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
    this(data, commands(home, data, ports, links, parts, queries), "", progress);
  }

  /**
   * The processes of a site.
   *
   * @param uplinks where gateways find the brokers, in the order of {@link Site#brokers}
   * @param hub where all clients of the hub find it
   */
  public LocalSystem(
      Path home,
      Path data,
      Site site,
      List<HostPort> uplinks,
      HostPort hub,
      Consumer<String> progress) {
    this(
        data,
        site.commands(home, uplinks, hub),
        site.members().size() > FEW ? LIGHT : "",
        progress);
  }

  LocalSystem(
      Path data,
      Map<Member, List<String>> commands,
      String javaOptions,
      Consumer<String> progress) {
    this.data = data;
    this.progress = progress;
    commands.forEach((member, command) ->
        processes.put(
            member,
            new LocalProcess(
                member,
                command,
                javaOptions,
                data.resolve("logs").resolve(member.label() + ".log"))));
  }

  private static Map<Member, List<String>> commands(
      Path home, Path data, LocalPorts ports, LocalLinks links, Set<Part> parts, Path queries) {
    var commands = new LinkedHashMap<Member, List<String>>();
    for (Part part : EnumSet.copyOf(parts)) {
      var command = new ArrayList<String>();
      command.add(home.resolve("headwater").toString());
      command.add(part.command());
      command.addAll(ports.arguments(part, links));
      command.add("--data=" + data.resolve(part.command()));
      if (part == Part.ANALYTICS) {
        command.add("--queries=" + queries);
      }
      commands.put(Member.only(part), command);
    }
    return commands;
  }

  /** The project's folder as the launcher tells it. */
  public static Path home() {
    String home =
        Optional.ofNullable(System.getenv("HEADWATER_HOME"))
            .orElseGet(() -> System.getProperty("headwater.home", "."));
    return Path.of(home);
  }

  /** Where the process keeps its data. */
  public Path dataFolder(Member member) {
    return data.resolve(member.label());
  }

  /**
   * Starts all and waits until all are ready.
   *
   * @param cancelled gives up the start as soon as it says so
   * @throws UserError if one ends or takes too long; the others keep running until {@link #close}
   */
  public void start(Duration limit, BooleanSupplier cancelled) {
    List<Member> members = List.copyOf(processes.keySet());
    for (int from = 0; from < members.size(); from += FEW) {
      List<Member> wave = members.subList(from, Math.min(from + FEW, members.size()));
      wave.forEach(member -> process(member).start());
      awaitReady(wave, limit, cancelled);
    }
  }

  /** Starts one, for example after {@link #kill} or {@link #stop}, and waits until it is ready. */
  public void start(Member member, Duration limit) {
    process(member).start();
    awaitReady(List.of(member), limit, () -> false);
  }

  public void start(Part part, Duration limit) {
    start(Member.only(part), limit);
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill(Member member) {
    process(member).kill();
  }

  public void kill(Part part) {
    kill(Member.only(part));
  }

  /** SIGTERM, and SIGKILL if it does not end within 10 s; returns when the process is gone. */
  public void stop(Member member) {
    process(member).stop(STOP_PATIENCE);
  }

  public void stop(Part part) {
    stop(Member.only(part));
  }

  /** SIGSTOP: its connections stay open, and nothing is answered. */
  public void suspend(Member member) {
    process(member).suspend();
  }

  public void suspend(Part part) {
    suspend(Member.only(part));
  }

  /** SIGCONT after {@link #suspend}. */
  public void resume(Member member) {
    process(member).resume();
  }

  public void resume(Part part) {
    resume(Member.only(part));
  }

  public long pid(Member member) {
    return process(member).pid();
  }

  public long pid(Part part) {
    return pid(Member.only(part));
  }

  /** What the part has printed since its last start. */
  public String output(Part part) {
    return process(Member.only(part)).outputSinceStart();
  }

  /** A line about a process that has ended although nobody asked it to. */
  public Optional<String> firstEnded() {
    return ended().findFirst();
  }

  /** A line about each that has. */
  public Stream<String> ended() {
    return processes.values().stream()
        .filter(LocalProcess::hasEndedByItself)
        .map(LocalProcess::endedLine);
  }

  private void awaitReady(Collection<Member> members, Duration limit, BooleanSupplier cancelled) {
    long start = System.nanoTime();
    var waiting = new LinkedHashSet<>(members);
    while (!waiting.isEmpty()) {
      if (cancelled.getAsBoolean()) {
        throw UserError.failure("stopped while starting");
      }
      for (Member member : List.copyOf(waiting)) {
        if (process(member).isReady()) {
          waiting.remove(member);
          progress.accept(
              "%-10s ready after %.1f s"
                  .formatted(member.label(), (System.nanoTime() - start) / 1e9));
        } else if (System.nanoTime() - start > limit.toNanos()) {
          throw UserError.failure(process(member).notReadyLine(limit));
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

  private LocalProcess process(Member member) {
    LocalProcess process = processes.get(member);
    if (process == null) {
      throw new AssertionError(member);
    }
    return process;
  }

  /** Stops all at once, for those of which none goes before another. */
  public void stopTogether() {
    processes.values().forEach(LocalProcess::askToStop);
    processes.keySet().forEach(this::stop);
  }

  /** Stops all in order. */
  @Override
  public void close() {
    for (Member member : List.copyOf(processes.keySet()).reversed()) {
      stop(member);
    }
  }

  /** SIGKILL to all that still run. */
  public void killAll() {
    processes.values().forEach(LocalProcess::kill);
  }
}
