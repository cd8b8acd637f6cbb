package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How soon an agent is ready after SIGKILL, and what it takes of memory, with a backlog of ten
 * million readings and with none, by a JVM that was trained ({@code headwater train edge}). Printed
 * as lines that begin with {@code backlog:}. Not part of the build: {@code -Dit.test=BacklogRun
 * -Dheadwater.backlog=10000000}.
 */
@Timeout(1800)
class BacklogRun {
  private static final int BACKLOG = Integer.getInteger("headwater.backlog", 1_000_000);
  private static final int ROUNDS = 5;
  private static final int UNDER_WAY = 4000;
  private static final int SIZE = 200;

  @TempDir private Path folder;

  private void fill(Path log) {
    var underWay = new Semaphore(UNDER_WAY);
    byte[] value = new byte[SIZE];
    try (EdgeLog opened =
        EdgeLog.open(log, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      for (int i = 0; i < BACKLOG; i++) {
        underWay.acquireUninterruptibly();
        assertThat(
                opened.offer(
                    new Append(
                        new StreamPartition("s", i % 6),
                        new byte[] {(byte) i},
                        value,
                        1,
                        ClockQuality.UNSYNCED,
                        "topic/x",
                        "client",
                        outcome -> {
                          assertThat(outcome).isEqualTo(Append.Outcome.COMMITTED);
                          underWay.release();
                        })))
            .isTrue();
      }
      underWay.acquireUninterruptibly(UNDER_WAY);
    }
  }

  private static long residentKib(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new AssertionError("no VmRSS of " + pid);
  }

  @SuppressWarnings("SystemOut") // for whoever measures
  private static void tell(String text) {
    System.out.println("backlog: " + text);
  }

  private void measure(Path data, String what) throws Exception {
    long fastest = Long.MAX_VALUE;
    long slowest = 0;
    long resident = 0;
    for (int round = 0; round <= ROUNDS; round++) {
      long began = System.nanoTime();
      try (ChildProcess agent =
          Headwater.start(
              folder,
              "edge",
              "--data=" + data,
              "--port=0",
              "--set=http=127.0.0.1:0",
              "--bridge=127.0.0.1:1")) {
        agent.awaitReady(Duration.ofSeconds(60));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        TimeUnit.SECONDS.sleep(5);
        if (round > 0) { // the first one was not killed before
          fastest = Math.min(fastest, millis);
          slowest = Math.max(slowest, millis);
          resident = Math.max(resident, residentKib(agent.pid()));
        }
        agent.kill();
      }
    }
    tell(
        "%s: ready %d to %d ms after its start behind a SIGKILL, resident %d MB"
            .formatted(what, fastest, slowest, resident >> 10));
  }

  @Test
  void startWithABacklog() throws Exception {
    Path cache = Headwater.home().resolve("edge-agent/target/headwater-edge-agent.aot");
    Path data = folder.resolve("full");
    fill(Files.createDirectories(data).resolve("log"));
    try {
      measure(folder.resolve("untrained"), "untrained, no readings");
      try (ChildProcess training = Headwater.start(folder, "train", "edge")) {
        assertThat(training.awaitExit(Duration.ofSeconds(100))).as(training.output()).isZero();
      }
      measure(folder.resolve("empty"), "no readings");
      measure(data, BACKLOG + " readings");
    } finally {
      Files.deleteIfExists(cache); // the other tests start what users start
    }
  }
}
