package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.bridge.broker.BrokerMetrics;
import io.headwater.bridge.broker.Brokers;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class LanesTest {
  private static final LogId WRITTEN = new LogId("gw", 1);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Brokers brokers = new Brokers("b", (_, _, _) -> {}, new BrokerMetrics(registry));
  private final Lanes lanes = new Lanes(brokers, List.of(), new BridgeMetrics(registry));

  @AfterEach
  void close() {
    brokers.close();
  }

  /** The lane of the gateway, with one cursor in it. */
  private void give() {
    lanes.give(
        Set.of(WRITTEN.lane()),
        (_, cursors) ->
            cursors.cursor(
                new CursorKey("gw", WRITTEN.epoch(), new StreamPartition("s", 0)),
                new Cursor(OffsetRanges.EMPTY.add(0, 5), List.of(new Cursor.Opening(7, 0))),
                1));
  }

  private static void ask(GatewayCursors cursors, long epoch) {
    cursors.request(
        new StateRequest("gw", epoch, List.of(new Incarnation(7, Map.of())), "test"),
        new Way("broker", 1, 0));
  }

  @Test
  void laneThatIsNotOwnedHasNoCursors() {
    assertThatThrownBy(() -> lanes.cursors(WRITTEN)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lanes.remembered(WRITTEN)).isInstanceOf(IllegalStateException.class);
    give();
    assertThat(lanes.cursors(WRITTEN).isUnwritten()).isFalse();
    lanes.release(Set.of(WRITTEN.lane()));
    assertThatThrownBy(() -> lanes.cursors(WRITTEN)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void gatewayThatDrawsANewEpochEachTimeTakesNoMemory() {
    give();
    for (long epoch = 2; epoch < 5_000; epoch++) {
      lanes.cursors(new LogId("gw", -epoch)); // a batch of a log that has not asked
      GatewayCursors begun = lanes.remembered(new LogId("gw", epoch));
      ask(begun, epoch);
      begun.touched(epoch);
    }

    int[] kept = new int[1];
    lanes.forEachLog(Set.of(WRITTEN.lane()), (_, _) -> kept[0]++);
    assertThat(kept[0]).isEqualTo(9); // the one with a cursor, and the newest eight
    assertThat(lanes.cursors(WRITTEN).isUnwritten()).isFalse();
    assertThat(lanes.cursors(new LogId("gw", 4_999)))
        .isSameAs(lanes.remembered(new LogId("gw", 4_999)));
  }
}
