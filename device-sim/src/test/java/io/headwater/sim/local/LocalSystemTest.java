package io.headwater.sim.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes and signals, but a launcher that only says it is ready. */
@Timeout(120)
class LocalSystemTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final LocalPorts ports = LocalPorts.free();

  @TempDir private Path folder;
  private LocalSystem system;

  @BeforeEach
  void start() throws IOException {
    Path launcher = folder.resolve("headwater");
    Files.writeString(
        launcher,
        """
        #!/bin/sh
        trap 'echo terminated; exit 0' TERM
        echo "arguments $* "
        echo "ready $1"
        while :; do sleep 0.05; done
        """);
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    system =
        new LocalSystem(
            folder,
            folder.resolve("data"),
            ports,
            new LocalLinks(
                Optional.of(new HostPort("127.0.0.1", 1)),
                Optional.of(new HostPort("127.0.0.1", 2))),
            Part.OWN,
            folder.resolve("queries.yaml"),
            _ -> {});
    system.start(LIMIT, () -> false);
  }

  @AfterEach
  void close() {
    system.killAll();
  }

  private String state(long pid) throws IOException {
    // The state comes behind the command, which is in parentheses: proc_pid_stat(5).
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  }

  private void suspend(Part part) {
    system.suspend(part);
    Awaitility.await().atMost(LIMIT).until(() -> state(system.pid(part)).equals("T"));
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  @Test
  void leadsConnectionsThroughTheProxies() {
    assertThat(system.output(Part.EDGE)).contains(" --bridge=127.0.0.1:1 ");
    assertThat(system.output(Part.BRIDGE)).contains(" --hub=127.0.0.1:2 ");
    assertThat(system.output(Part.ANALYTICS)).contains(" --hub=127.0.0.1:2 ");
    assertThat(system.output(Part.HUB))
        .contains(" --set advertised=127.0.0.1:2 ")
        .contains(" --port=" + ports.kafka() + " ");
    assertThat(ports.arguments(Part.EDGE, LocalLinks.DIRECT))
        .contains("--bridge=" + ports.uplinkAddress());
    assertThat(ports.arguments(Part.BRIDGE, LocalLinks.DIRECT))
        .contains("--hub=" + ports.kafkaAddress());
    assertThat(ports.arguments(Part.HUB, LocalLinks.DIRECT))
        .noneMatch(argument -> argument.contains("advertised"));
  }

  @Test
  void suspendsAndResumes() {
    suspend(Part.HUB);
    assertThat(system.firstEnded()).isEmpty();
    system.resume(Part.HUB);
    Awaitility.await().atMost(LIMIT).until(() -> !state(system.pid(Part.HUB)).equals("T"));
  }

  @Test
  void namesTheProcessThatEndedByItselfAndNoneThatWasMadeToEnd() {
    system.kill(Part.BRIDGE);
    suspend(Part.ANALYTICS);
    system.kill(Part.ANALYTICS);
    system.stop(Part.EDGE);
    assertThat(system.output(Part.EDGE)).contains("terminated");
    assertThat(system.firstEnded()).isEmpty();

    system.start(Part.BRIDGE, LIMIT);
    assertThat(system.firstEnded()).isEmpty();
    ProcessHandle.of(system.pid(Part.BRIDGE)).orElseThrow().destroyForcibly();
    Awaitility.await()
        .atMost(LIMIT)
        .until(() -> system.firstEnded().orElse("").startsWith("bridge ended with exit code 137"));
  }

  @Test
  void stopsASuspendedProcessInOrder() {
    suspend(Part.EDGE);
    system.stop(Part.EDGE);
    assertThat(system.output(Part.EDGE)).contains("terminated");
  }

  @Test
  void closeAndKillAllEndSuspendedProcessesToo() {
    suspend(Part.HUB);
    suspend(Part.EDGE);
    long hub = system.pid(Part.HUB);
    system.close();
    assertThat(isAlive(hub)).isFalse();
    assertThat(system.output(Part.HUB)).contains("terminated");

    system.start(Part.HUB, LIMIT);
    suspend(Part.HUB);
    system.killAll();
    assertThat(isAlive(system.pid(Part.HUB))).isFalse();
  }
}
