package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.OutsideSoftware;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The datagrams are received by a small Python program: the JDK has no Unix datagrams. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SdNotifyTest {
  private static final String RECEIVER =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.settimeout(20)
      s.bind(sys.argv[1])
      print('bound', flush=True)
      while True:
          print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
      """;

  private static final long PID = 17;
  private static final Duration PATIENCE = Duration.ofMillis(200);

  @TempDir private Path folder;
  private final AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
  private final Health health = new Health();
  private Process receiver;
  private BufferedReader received;

  @BeforeEach
  void listen() throws IOException {
    Path python = OutsideSoftware.find("python3");
    receiver =
        new ProcessBuilder(python.toString(), "-c", RECEIVER, socket())
            .redirectErrorStream(true)
            .start();
    received = receiver.inputReader();
    assertThat(received.readLine()).isEqualTo("bound");
    health.check("log", problem::get);
  }

  @AfterEach
  void stopListening() {
    receiver.destroyForcibly();
  }

  private String socket() {
    return folder.resolve("notify").toString();
  }

  private SdNotify notify(String watchdogPid) {
    return SdNotify.of(
        Map.of("NOTIFY_SOCKET", socket(), "WATCHDOG_USEC", "20000", "WATCHDOG_PID", watchdogPid),
        PID,
        PATIENCE);
  }

  @Test
  void feedsTheWatchdogWhileTheProcessCanDoItsWorkAndSaysWhyItCannot() throws Exception {
    try (SdNotify notify = notify("17")) {
      notify.ready("test", health, () -> "takes readings");

      assertThat(received.readLine()).startsWith("READY=1 MAINPID=");
      assertThat(received.readLine()).isEqualTo("WATCHDOG=1 STATUS=takes readings");
      assertThat(received.readLine()).isEqualTo("WATCHDOG=1");

      problem.set(Optional.of("no commit has succeeded for 12 s"));
      String line;
      do {
        line = received.readLine();
      } while (line.equals("WATCHDOG=1"));
      assertThat(line).isEqualTo("STATUS=no commit has succeeded for 12 s");

      problem.set(Optional.empty());
      assertThat(received.readLine()).isEqualTo("WATCHDOG=1 STATUS=takes readings");
    }
  }

  @Test
  void tellsWhenItStartsReloadsAndStops() throws Exception {
    SdNotify notify = SdNotify.of(Map.of("NOTIFY_SOCKET", socket()), PID, PATIENCE);

    notify.starting();
    assertThat(notify.reloading(() -> "done")).isEqualTo("done");
    notify.stopping();
    notify.close();
    notify.failed("one\ntwo"); // also to see that stopping was told once

    assertThat(received.readLine()).isEqualTo("STATUS=starting");
    assertThat(received.readLine()).startsWith("RELOADING=1 MONOTONIC_USEC=");
    assertThat(received.readLine()).isEqualTo("READY=1");
    assertThat(received.readLine()).isEqualTo("STOPPING=1 STATUS=stopping");
    assertThat(received.readLine()).isEqualTo("STATUS=one; two");
  }

  /** A machine's start does not wait for a hub that is away. */
  @Test
  void aStartThatWaitsForOthersCountsAsOverAfterAWhile() throws Exception {
    problem.set(Optional.of("the hub does not answer"));
    try (SdNotify notify = notify("17")) {
      notify.waiting("test", health);

      assertThat(received.readLine()).isEqualTo("STATUS=the hub does not answer");
      assertThat(received.readLine()).startsWith("READY=1 MAINPID=");
      assertThat(received.readLine()).isEqualTo("WATCHDOG=1");

      problem.set(Optional.empty());
      notify.ready("test", health, () -> "hands over");
      String line;
      do {
        line = received.readLine();
      } while (line.equals("WATCHDOG=1") || line.equals("WATCHDOG=1 STATUS="));
      assertThat(line).isEqualTo("WATCHDOG=1 STATUS=hands over");
    }
  }

  @Test
  void whoIsReadyInTimeSaysSoOnce() throws Exception {
    try (SdNotify notify = notify("17")) {
      notify.waiting("test", health);
      notify.ready("test", health, () -> "takes readings");

      assertThat(received.readLine()).startsWith("READY=1 MAINPID=");
      long end = System.nanoTime() + 3 * PATIENCE.toNanos();
      while (System.nanoTime() - end < 0) {
        assertThat(received.readLine()).startsWith("WATCHDOG=1");
      }
    }
  }

  @Test
  void doesNotFeedAnotherProcessWatchdog() throws Exception {
    try (SdNotify notify = notify("18")) {
      notify.ready("test", health, () -> "takes readings");

      assertThat(received.readLine()).startsWith("READY=1");
      assertThat(received.readLine()).isEqualTo("STATUS=takes readings");
    }
  }

  @Test
  void doesWithoutSystemd() {
    try (SdNotify notify = SdNotify.of(Map.of(), PID, PATIENCE)) {
      notify.ready("test", health, () -> "takes readings");

      assertThat(notify.reloading(() -> 5)).isEqualTo(5);
    }
  }
}
