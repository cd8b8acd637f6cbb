package io.headwater.edge.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.input.board.Drive;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An output over time, with a drive that fails. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class OutputRunTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final StateSink sink = new StateSink();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<String> driven = new ArrayList<>();
  private boolean isPulled;
  private long now;

  private final class TestDrive implements Drive {
    @Override
    public void set(int value) throws SensorFault {
      if (isPulled) {
        throw new SensorFault(Fault.NO_ANSWER, "pin-17 cannot be set: it is gone");
      }
      driven.add("set " + value);
    }

    @Override
    public void close() {
      driven.add("close");
    }
  }

  private OutputRun run(int safe, Duration watchdog, boolean inverted) {
    var settings =
        new OutputSettings(
            "pump",
            "edge.yaml line 3",
            new Target.DigitalPin(17),
            "pump/set",
            "pump/state",
            safe,
            watchdog,
            inverted,
            false);
    var metrics = new OutputMetrics(registry);
    return new OutputRun(
        settings,
        initial -> {
          if (isPulled) {
            throw new SensorFault(Fault.MISSING, "pin 17 cannot be opened: it is gone");
          }
          driven.add("open " + initial);
          return new TestDrive();
        },
        new OutputReport(settings, sink, metrics),
        metrics);
  }

  private void command(OutputRun run, String payload) {
    run.command(payload.getBytes(StandardCharsets.UTF_8), now);
  }

  private double commands(String result) {
    return registry.get("edge.outputs.commands").tag("result", result).counter().count();
  }

  @Test
  void startsSafeTakesCommandsAndEndsSafe() {
    OutputRun run = run(0, Duration.ZERO, false);

    run.start(now);
    command(run, "on");
    run.stop(now);

    assertThat(driven).containsExactly("open 0", "set 0", "set 1", "set 0", "close");
    assertThat(sink.told("pump")).containsExactly("start 0", "command 1", "stop 0");
    assertThat(commands("set")).isEqualTo(1);
  }

  @Test
  void safeMayBeOnAndInverted() {
    OutputRun run = run(1, Duration.ZERO, true);

    run.start(now);
    command(run, "off");
    run.stop(now);

    assertThat(driven).containsExactly("open 0", "set 0", "set 1", "set 0", "close");
    assertThat(sink.told("pump")).containsExactly("start 1", "command 0", "stop 1");
  }

  @Test
  void badCommandChangesNothingAndIsToldAndCounted() {
    OutputRun run = run(0, Duration.ZERO, false);
    run.start(now);
    command(run, "on");
    driven.clear();

    command(run, "opne");

    assertThat(driven).isEmpty();
    var told = sink.states("pump").getLast();
    assertThat(told.path("by").asText()).isEqualTo("refused");
    assertThat(told.path("value").asInt()).isEqualTo(1);
    assertThat(told.path("refused").asText())
        .isEqualTo("'opne' is not on, off, 1, 0, true or false");
    assertThat(commands("bad-payload")).isEqualTo(1);
  }

  @Test
  void fallsSafeWhenNobodyCommands() {
    OutputRun run = run(0, Duration.ofSeconds(10), false);
    run.start(now);
    assertThat(run.poll(now)).as("safe needs no watchdog").isEqualTo(OutputRun.NEVER);

    command(run, "on");
    now += 6 * SECOND;
    command(run, "on");
    now += 9 * SECOND;
    assertThat(run.poll(now)).as("a command begins the time anew").isEqualTo(SECOND);
    assertThat(sink.told("pump")).containsExactly("start 0", "command 1", "command 1");
    now += SECOND;
    run.poll(now);

    assertThat(sink.told("pump").getLast()).isEqualTo("watchdog 0");
    assertThat(run.poll(now)).isEqualTo(OutputRun.NEVER);
    assertThat(registry.get("edge.outputs.watchdog").counter().count()).isEqualTo(1);
  }

  @Test
  void badCommandsDoNotFeedTheWatchdog() {
    OutputRun run = run(0, Duration.ofSeconds(10), false);
    run.start(now);
    command(run, "on");
    now += 9 * SECOND;
    command(run, "still alive");
    now += SECOND;
    run.poll(now);

    assertThat(sink.told("pump")).endsWith("refused 1", "watchdog 0");
  }

  @Test
  void whatCannotBeSetIsAFaultAndIsTriedAgainByItself() {
    isPulled = true;
    OutputRun run = run(0, Duration.ZERO, false);
    run.start(now);
    assertThat(sink.told("pump")).containsExactly("start missing");
    assertThat(run.report().problem()).isPresent();
    assertThat(run.poll(now)).isEqualTo(SECOND);

    command(run, "on");
    assertThat(sink.told("pump")).containsExactly("start missing", "command missing");
    assertThat(sink.states("pump").getLast().path("wanted").asInt()).isEqualTo(1);
    assertThat(commands("failed")).isEqualTo(1);

    now += SECOND;
    assertThat(run.poll(now)).as("doubled").isEqualTo(2 * SECOND);
    assertThat(sink.told("pump")).as("the same fault is told once").hasSize(2);
    isPulled = false;
    now += 2 * SECOND;
    assertThat(run.poll(now)).isEqualTo(OutputRun.NEVER);

    assertThat(driven).containsExactly("open 0", "set 1");
    assertThat(sink.told("pump").getLast()).isEqualTo("retry 1");
    assertThat(run.report().problem()).isEmpty();
  }

  @Test
  void lostWhileItRunsItIsOpenedAnew() {
    OutputRun run = run(0, Duration.ZERO, false);
    run.start(now);
    isPulled = true;
    command(run, "on");
    assertThat(run.report().value()).as("nobody knows").isEmpty();
    isPulled = false;
    now += SECOND;
    run.poll(now);

    assertThat(driven).containsExactly("open 0", "set 0", "close", "open 0", "set 1");
    assertThat(sink.told("pump")).containsExactly("start 0", "command no-answer", "retry 1");
  }

  @Test
  void watchdogHoldsForAnOutputThatCannotBeSet() {
    OutputRun run = run(0, Duration.ofSeconds(2), false);
    run.start(now);
    isPulled = true;
    command(run, "on");
    now += 2 * SECOND;
    run.poll(now);
    isPulled = false;
    now += 60 * SECOND;
    run.poll(now);

    assertThat(driven).as("never on").doesNotContain("set 1").endsWith("set 0");
  }
}
