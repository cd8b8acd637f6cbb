package io.headwater.analytics;

import static io.headwater.analytics.TopologyRun.T0;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A gateway is cut off for half an hour, of which others go on; then all that its disk holds comes
 * at once. Afterwards every window is as if nothing had happened.
 */
@Timeout(60)
class OutageTest {
  private static final int SECONDS = 3_600;
  private static final int CUT = 900;
  private static final int BACK = 2_700;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "window: {tumbling: 1m}",
        "window: {tumbling: 1m}, emit: final",
        "window: {hopping: 5m, every: 1m, grace: 0s}, emit: final",
        "window: {session: 30s}",
        "window: {session: 30s}, emit: final",
      })
  void everyWindowIsAsIfNothingHadHappened(String window) {
    Map<String, JsonNode> undisturbed = run(window, false);
    Map<String, JsonNode> disturbed = run(window, true);

    assertThat(undisturbed).hasSizeGreaterThan(80);
    assertThat(disturbed).isEqualTo(undisturbed);
  }

  /** What is told of each window last. */
  private Map<String, JsonNode> run(String window, boolean isCut) {
    var told = new HashMap<String, JsonNode>();
    try (var run =
        new TopologyRun(
            folder.resolve("run" + isCut),
            TopologyRun.query(
                "- {name: q, from: in, aggregates: [count, sum, max, last, p95], "
                    + window
                    + "}"))) {
      for (int second = 0; second < SECONDS; second++) {
        publish(run, "near", second);
        if (!isCut || second < CUT) {
          publish(run, "far", second);
        } else if (second == BACK) {
          for (int held = CUT; held <= BACK; held++) {
            publish(run, "far", held);
          }
        } else if (second > BACK) {
          publish(run, "far", second);
        }
        run.passTime(Duration.ofSeconds(1));
        collect(run, told);
      }
      run.passTime(Duration.ofHours(1));
      collect(run, told);
      assertThat(run.count("analytics.late")).isZero();
    }
    return told;
  }

  /** Each device reads every three seconds, with pauses that end sessions. */
  private static void publish(TopologyRun run, String gateway, int second) {
    int device = second % 3;
    if (second / 60 % 4 != device) {
      run.publish(gateway + device, Integer.toString(second * 7 % 101), T0 + second * 1_000L);
    }
  }

  private static void collect(TopologyRun run, Map<String, JsonNode> told) {
    for (JsonNode result : run.json()) {
      String id = result.get("key") + " " + result.get("start") + " " + result.get("end");
      if (result.has("retracted")) {
        told.remove(id);
      } else {
        told.put(id, ((ObjectNode) result).without("revision"));
      }
    }
  }
}
