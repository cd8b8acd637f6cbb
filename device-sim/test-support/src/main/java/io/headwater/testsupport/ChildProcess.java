package io.headwater.testsupport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A real process that a test started; killed at the latest when it is closed.
 *
 * <p>Its output, standard and error together, goes to a file, so that it survives a SIGKILL and can
 * be put into failure texts.
 */
public final class ChildProcess implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(20);

  /** Signals 1 and 2, as the kernel counts them in a mask. */
  private static final long HUP_AND_INT = 0b11;

  private final String name;
  private final Process process;
  private final Path output;

  private ChildProcess(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /** Starts the command with the test's environment. */
  public static ChildProcess start(Path workFolder, String... command) {
    return start(workFolder, Map.of(), command);
  }

  /** Starts the command with the given additions to the environment. */
  public static ChildProcess start(
      Path workFolder, Map<String, String> environment, String... command) {
    try {
      String name =
          Path.of(command[0]).getFileName() + (command.length > 1 ? "-" + command[1] : "");
      Path output =
          Files.createTempFile(workFolder, name.replaceAll("[^A-Za-z0-9._-]", "_"), ".out");
      var builder =
          new ProcessBuilder(withSignals(command))
              .directory(workFolder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      return new ChildProcess(name, builder.start(), output);
    } catch (IOException e) {
      throw new AssertionError("cannot start " + List.of(command), e);
    }
  }

  /**
   * Who ignores SIGHUP or SIGINT, as shells have background jobs do, passes that on to all below,
   * and a JVM keeps to it: the processes under test would not hear what a user sends.
   */
  private static List<String> withSignals(String... command) throws IOException {
    var all = new ArrayList<String>();
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        boolean ignored =
            line.startsWith("SigIgn:")
                && (Long.parseUnsignedLong(line.substring(7).strip(), 16) & HUP_AND_INT) != 0;
        if (ignored) {
          all.addAll(List.of("env", "--default-signal=HUP,INT"));
        }
      }
    }
    all.addAll(List.of(command));
    return all;
  }

  /**
   * Waits for the line {@code ready <process> name=address … pid=N}.
   *
   * @return the addresses by name, and {@code pid}
   */
  public Map<String, String> awaitReady(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() - end < 0) {
      for (String line : output().lines().toList()) {
        if (line.startsWith("ready ")) {
          return parse(line);
        }
      }
      if (!process.isAlive()) {
        throw new AssertionError(
            name + " ended with " + process.exitValue() + " before it was ready:\n" + output());
      }
      pause();
    }
    throw new AssertionError(name + " was not ready within " + limit + ":\n" + output());
  }

  /** Whether it has said that it is ready, and is still there. */
  public boolean isReady() {
    return process.isAlive() && output().lines().anyMatch(line -> line.startsWith("ready "));
  }

  /** Waits for the end and returns the exit code. */
  public int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TimeoutException();
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (TimeoutException e) {
      throw new AssertionError(name + " did not end within " + limit + ":\n" + output(), e);
    }
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(Duration.ofSeconds(20));
  }

  /** SIGTERM; returns the exit code. */
  public int terminate() {
    process.destroy();
    return awaitExit(Duration.ofSeconds(30));
  }

  /** Any other signal by its name without SIG: STOP, CONT, INT. */
  public void signal(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** All that the process has printed so far. */
  public String output() {
    try {
      return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }

  private static Map<String, String> parse(String line) {
    var addresses = new LinkedHashMap<String, String>();
    for (String word : line.split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        addresses.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return addresses;
  }

  private static void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
