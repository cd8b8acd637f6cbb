package io.headwater.packages;

import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * A minimal Debian in a folder, booted with systemd as its init: a container of systemd-nspawn with
 * a network of its own, driven by entering the namespaces of its init. Needs root.
 */
final class DebianMachine implements AutoCloseable {
  private static final Duration BOOT = Duration.ofMinutes(2);

  /** What a command said. */
  record Answer(int code, String text) {}

  private final Path root;
  private Process container;

  private DebianMachine(Path root, Process container) {
    this.root = root;
    this.container = container;
  }

  /**
   * Fetches and boots one; ends the calling test, skipped or failed, where that cannot be.
   *
   * @param release of Debian, by its name
   * @param packages that it has besides
   */
  static DebianMachine boot(Path root, String release, String... packages) throws IOException {
    Path debootstrap = OutsideSoftware.find("debootstrap");
    OutsideSoftware.find("systemd-nspawn");
    OutsideSoftware.find("nsenter");
    if (!System.getProperty("user.name").equals("root")) {
      OutsideSoftware.doWithout("root-for-systemd-nspawn");
    }
    var included = new ArrayList<>(List.of("systemd", "systemd-sysv", "dbus"));
    included.addAll(List.of(packages));
    Answer made =
        run(
            Duration.ofMinutes(6),
            debootstrap.toString(),
            "--variant=minbase",
            "--include=" + String.join(",", included),
            release,
            root.toString());
    if (made.code() != 0) {
      throw new AssertionError("debootstrap failed:\n" + made.text());
    }
    var machine = new DebianMachine(root, start(root));
    try {
      machine.awaitBooted();
      return machine;
    } catch (RuntimeException | Error e) {
      machine.close();
      throw e;
    }
  }

  private static Process start(Path root) throws IOException {
    // In a session of its own: a terminal's signals are not for the machine.
    return new ProcessBuilder(
            "setsid",
            "--wait",
            OutsideSoftware.find("systemd-nspawn").toString(),
            "--quiet",
            "--boot",
            "--register=no",
            "--keep-unit",
            "--private-network",
            "--directory=" + root)
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(root.resolveSibling("console").toFile()))
        .start();
  }

  private void awaitBooted() {
    try {
      Awaitility.await()
          .atMost(BOOT)
          .ignoreExceptions()
          .until(() -> {
            String state = run("systemctl", "is-system-running").text();
            return state.contains("running") || state.contains("degraded");
          });
    } catch (RuntimeException e) {
      throw new AssertionError("the machine does not boot; its console:\n" + console(), e);
    }
  }

  /** The folder that is its file system. */
  Path root() {
    return root;
  }

  /** Stops the whole machine, in order, and boots it again. */
  void reboot() throws IOException, InterruptedException {
    // Not "reboot": nspawn would have to be the machine's manager's to begin anew by itself.
    run("systemctl", "poweroff");
    if (!container.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the machine does not stop; its console:\n" + console());
    }
    container = start(root);
    awaitBooted();
  }

  /** Runs a command inside. */
  Answer run(String... command) {
    var line = new ArrayList<String>();
    line.addAll(List.of("nsenter", "--target", Long.toString(init())));
    line.addAll(List.of("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"));
    line.addAll(List.of("env", "-i", "PATH=/usr/sbin:/usr/bin", "HOME=/root", "LANG=C.UTF-8"));
    line.add("DEBIAN_FRONTEND=noninteractive");
    line.addAll(Arrays.asList(command));
    return run(Duration.ofMinutes(3), line.toArray(String[]::new));
  }

  /** The same, which must end with 0; returns what it said. */
  String must(String... command) {
    Answer answer = run(command);
    if (answer.code() != 0) {
      throw new AssertionError(
          String.join(" ", command) + " ended with " + answer.code() + ":\n" + answer.text());
    }
    return answer.text();
  }

  /** Runs a program of this machine's in the other's network. */
  Answer fromOutside(String... command) {
    var line = new ArrayList<String>();
    line.addAll(List.of("nsenter", "--target", Long.toString(init()), "--net"));
    line.addAll(Arrays.asList(command));
    return run(Duration.ofMinutes(1), line.toArray(String[]::new));
  }

  /** Waits for what becomes true within the machine. */
  void await(String what, Duration limit, BooleanSupplier condition) {
    Awaitility.await(what)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(condition::getAsBoolean);
  }

  /** What it has printed to its console. */
  private String console() {
    try {
      return Files.readString(root.resolveSibling("console"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Its init, as this machine counts processes: nspawn's child; 0 if there is none. */
  private long init() {
    return container
        .descendants()
        .filter(process -> isProgram(process, "/systemd"))
        // Its own children bear its name until they are what they are to be.
        .filter(process ->
            process.parent().filter(parent -> isProgram(parent, "/systemd-nspawn")).isPresent())
        .mapToLong(ProcessHandle::pid)
        .findAny()
        .orElse(0);
  }

  private static boolean isProgram(ProcessHandle process, String end) {
    return process.info().command().orElse("").endsWith(end);
  }

  @Override
  public void close() {
    // SIGTERM to nspawn is an orderly end; what does not end is killed with all in it.
    container.descendants().forEach(ProcessHandle::destroy);
    try {
      if (!container.waitFor(30, TimeUnit.SECONDS)) {
        container.descendants().forEach(ProcessHandle::destroyForcibly);
        container.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    run(
        Duration.ofMinutes(2),
        "rm",
        "-rf",
        "--one-file-system",
        root.resolveSibling(".").normalize().toString());
  }

  private static Answer run(Duration limit, String... command) {
    try {
      Path output = Files.createTempFile("machine", ".out");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      String text = Files.readString(output, StandardCharsets.UTF_8);
      Files.delete(output);
      return new Answer(ended ? process.exitValue() : -1, text);
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
