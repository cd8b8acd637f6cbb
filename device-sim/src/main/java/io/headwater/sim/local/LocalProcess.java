package io.headwater.sim.local;

import io.headwater.process.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One process, which may be started several times; its output is appended to one file. Not
 * thread-safe, but {@link #kill} may be called from any thread.
 */
final class LocalProcess {
  private static final int OUTPUT_READ = 1 << 20;

  private final Member member;
  private final List<String> command;
  private final String javaOptions;
  private final Path output;
  private volatile @Nullable Process process;
  private volatile boolean expectedToRun;
  private boolean suspended;
  private long outputFrom;

  /**
   * @param commandLine the program and its arguments
   * @param javaOptions for its JVM, if it is one of ours
   */
  LocalProcess(Member member, List<String> commandLine, String javaOptions, Path output) {
    this.member = member;
    this.javaOptions = javaOptions;
    this.output = output;
    // Ctrl-C goes to all processes of a terminal: this one shall end when it is told to, so that
    // what is under way arrives before. A shell's ignored signals stay ignored in what it becomes.
    command = new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$0\" \"$@\""));
    command.addAll(commandLine);
  }

  void start() {
    try {
      Files.createDirectories(output.toAbsolutePath().getParent());
      outputFrom = Files.exists(output) ? Files.size(output) : 0;
      var builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
      builder.environment().put("HEADWATER_BUILD", "never");
      if (!javaOptions.isEmpty()) {
        builder.environment().put("HEADWATER_JAVA_OPTIONS", javaOptions);
      }
      process = builder.start();
      expectedToRun = true;
      suspended = false;
    } catch (IOException e) {
      throw UserError.failure("cannot start " + member.label() + ": " + e.getMessage(), e);
    }
  }

  /** Whether it has said that it is ready; a UserError if it ended instead. */
  boolean isReady() {
    String text = outputSinceStart();
    if (text.startsWith("ready ")
        || text.contains("\nready ")
        || (member.part() == Part.MOSQUITTO && text.contains(" running\n"))) {
      return true;
    }
    if (!isAlive()) {
      throw UserError.failure(endedLine());
    }
    return false;
  }

  boolean isAlive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  /** Whether it is gone although nobody killed or stopped it. */
  boolean hasEndedByItself() {
    return expectedToRun && !isAlive();
  }

  long pid() {
    Process running = process;
    return running == null ? -1 : running.pid();
  }

  /** One line for users about a process that should be running. */
  String endedLine() {
    Process ended = process;
    String last =
        outputSinceStart().lines().filter(line -> !line.isBlank()).reduce((_, l) -> l).orElse("");
    return member.label()
        + " ended"
        + (ended == null || ended.isAlive() ? "" : " with exit code " + ended.exitValue())
        + (last.isEmpty() ? "" : ": " + last)
        + " (all of its output is in "
        + output
        + ")";
  }

  String notReadyLine(Duration limit) {
    return member.label()
        + " was not ready within "
        + limit.toSeconds()
        + " s; its output is in "
        + output;
  }

  /** SIGKILL; returns when it is gone. */
  void kill() {
    expectedToRun = false;
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
      await(running, Duration.ofSeconds(10));
    }
  }

  /** SIGTERM; does not wait. */
  void askToStop() {
    expectedToRun = false;
    Process running = process;
    if (running != null && running.isAlive()) {
      running.destroy();
    }
  }

  /** SIGTERM, and SIGKILL if that is not enough; returns when it is gone. */
  void stop(Duration patience) {
    expectedToRun = false;
    Process running = process;
    if (running != null && running.isAlive()) {
      if (suspended) {
        resume(); // or it would never see the SIGTERM
      }
      running.destroy();
      if (!await(running, patience)) {
        kill();
      }
    }
  }

  /** SIGSTOP. */
  void suspend() {
    signal("STOP");
    suspended = true;
  }

  /** SIGCONT. */
  void resume() {
    signal("CONT");
    suspended = false;
  }

  private void signal(String signal) {
    Process running = process;
    if (running == null || !running.isAlive()) {
      return; // its number may be another's by now
    }
    try {
      Process kill =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + running.pid())
              .redirectErrorStream(true)
              .start();
      String complaint = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!await(kill, Duration.ofSeconds(10)) || (kill.exitValue() != 0 && running.isAlive())) {
        throw UserError.failure(
            "cannot send SIG%s to %s: %s".formatted(signal, member.label(), complaint.strip()));
      }
    } catch (IOException e) {
      throw UserError.failure("cannot send signals: " + e.getMessage(), e);
    }
  }

  private static boolean await(Process process, Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  String outputSinceStart() {
    try (var file = new RandomAccessFile(output.toFile(), "r")) {
      file.seek(outputFrom);
      byte[] bytes = new byte[(int) Math.min(OUTPUT_READ, file.length() - outputFrom)];
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException _) {
      return "";
    }
  }
}
