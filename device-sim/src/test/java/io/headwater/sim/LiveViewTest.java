package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.fleet.Fleet;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LiveViewTest {
  private final StringWriter screen = new StringWriter();
  private final LiveView view = new LiveView(new PrintWriter(screen));

  private static RunView.Status status(long second, long published, List<String> faults) {
    return new RunView.Status(
        second,
        Optional.of(Duration.ofSeconds(80)),
        "no network",
        new Fleet.Counts(50, published, published, published - 3, 7, Map.of(), 0, 3, 2, 9, 1, ""),
        100,
        new Latency(500, 2, 5, 12.4, 31),
        new Latency(0, 0, 0, 0, 0),
        faults);
  }

  @Test
  void showsProgressRatesLatenciesAndFaults() {
    view.status(status(20, 10_000, List.of()));
    screen.getBuffer().setLength(0);
    view.status(status(21, 10_500, List.of("cut uplink")));
    assertThat(screen.toString().lines().skip(2)) // the way up ends with CR
        .containsExactly(
            "  [=======-----------------------] 0:21 of 1:20, 0:59 left  no network",
            "  devices   50 connected   published 500/s   acknowledged 500/s   in flight 3",
            "  far end   arrived 0/s   on the way 10,397   connections lost 7",
            "  latency   to acknowledged p50 2 p99 12 max 31 ms   to arrived –",
            "  faults    cut uplink",
            "\u001b[?7h");
  }

  @Test
  void drawsOverItselfAndLetsWhatIsSaidScrollAboveIt() {
    view.say("Starting");
    view.status(status(1, 500, List.of()));
    assertThat(screen.toString()).startsWith("Starting\n\u001b[?7l\n").doesNotContain("\u001b[6A");
    screen.getBuffer().setLength(0);
    view.say("end of: cut uplink");
    // Up to the block's first line, clear, the line, and the block again.
    assertThat(screen.toString())
        .startsWith("\u001b[6A\r\u001b[Jend of: cut uplink\n\u001b[?7l\n  [");
    screen.getBuffer().setLength(0);
    view.end();
    view.say("PASSED");
    assertThat(screen.toString()).isEqualTo("PASSED\n");
  }
}
