package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.input.InputPlan;
import io.headwater.edge.input.Inputs;
import io.headwater.edge.input.InputsReader;
import io.headwater.edge.input.Machines;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.route.RouteTable;
import io.headwater.process.YamlSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * 200 inputs that are read each second on four buses, each reading forced to disk. What other
 * processes do on this machine is not the agent's: of three windows the best one counts.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class InputsLoadIT {
  private static final int INPUTS = 200;
  private static final int BUSES = 4;
  private static final int WINDOWS = 3;
  private static final Duration WINDOW = Duration.ofSeconds(6);

  /** In its second minute an agent takes less than 0.03; here its code is still being compiled. */
  private static final double MOST_OF_A_CORE = 0.05;

  private static final double MOST_LATE_SECONDS = 0.020;

  @TempDir private Path folder;

  private final MeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  /**
   * What happened in a window.
   *
   * @param core share of one, of the threads that read inputs and write the log
   * @param inTime share of the reads that began within 20 ms
   */
  private record Seen(double core, double inTime, long reads) {}

  private static InputPlan plan() {
    return InputsReader.read(
        new YamlSource(
            "edge.yaml",
            IntStream.range(0, INPUTS)
                .mapToObj(i ->
                    "- {name: i%d, type: i2c-register, bus: %d, address: 0x%x, register: %d, interval: 1s, topic: load/i%d, simulated: true}"
                        .formatted(i, i % BUSES, 0x10 + i / BUSES, 1, i))
                .collect(Collectors.joining("\n"))),
        _ -> true);
  }

  private long cpuNanos() {
    return LongStream.of(threads.getAllThreadIds())
        .filter(id -> {
          var info = threads.getThreadInfo(id);
          return info != null && info.getThreadName().startsWith("edge-");
        })
        .map(threads::getThreadCpuTime)
        .filter(nanos -> nanos > 0)
        .sum();
  }

  private long reads() {
    return lateness().count();
  }

  private Timer lateness() {
    return registry.get("edge.inputs.lateness").timer();
  }

  private double inTime() {
    return Arrays.stream(lateness().takeSnapshot().histogramCounts())
        .filter(bucket -> bucket.bucket(TimeUnit.SECONDS) <= MOST_LATE_SECONDS)
        .mapToDouble(bucket -> bucket.count())
        .max()
        .orElse(0);
  }

  private Seen window() {
    long began = System.nanoTime();
    long cpu = cpuNanos();
    long reads = reads();
    double inTime = inTime();
    await()
        .pollDelay(WINDOW)
        .atMost(WINDOW.multipliedBy(5))
        .until(() -> System.nanoTime() - began >= WINDOW.toNanos());
    long elapsed = System.nanoTime() - began;
    long more = reads() - reads;
    return new Seen(
        (double) (cpuNanos() - cpu) / elapsed, (inTime() - inTime) / Math.max(1, more), more);
  }

  @Test
  @SuppressWarnings("SystemOut") // a measurement
  void twoHundredInputsAreReadInTimeAtLittleCost() {
    DeviceClock clock = DeviceClock.of(Clock.systemUTC());
    var routes = new RouteTable(EdgeConfig.DEFAULTS.routes());
    InputPlan plan = plan();
    assertThat(plan.faulty()).isEmpty();
    try (var machines = new Machines(folder);
        EdgeLog log =
            EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(registry), clock);
        Inputs inputs =
            new Inputs(
                plan,
                machines,
                new PublishRouting(() -> routes, clock, log::offer, registry),
                registry)) {
      await().atMost(Duration.ofSeconds(30)).until(() -> reads() >= 10 * INPUTS);
      Seen best = new Seen(1, 0, 0);
      for (int i = 0; i < WINDOWS; i++) {
        Seen seen = window();
        System.out.printf(
            "%d inputs at 1 s: %d reads, %.1f %% of a core, %.2f %% within 20 ms, latest %.1f ms%n",
            INPUTS,
            seen.reads(),
            100 * seen.core(),
            100 * seen.inTime(),
            lateness().max(TimeUnit.MILLISECONDS));
        best =
            new Seen(
                Math.min(best.core(), seen.core()),
                Math.max(best.inTime(), seen.inTime()),
                Math.max(best.reads(), seen.reads()));
      }

      assertThat(best.inTime()).isGreaterThanOrEqualTo(0.99);
      assertThat(best.reads()).isGreaterThanOrEqualTo(INPUTS * (WINDOW.toSeconds() - 1));
      assertThat(best.core()).isLessThanOrEqualTo(MOST_OF_A_CORE);
      assertThat(inputs.note().orElseThrow()).startsWith("200 simulated");
      assertThat(log.depth()).isGreaterThanOrEqualTo(INPUTS * WINDOW.toSeconds());
    }
  }
}
