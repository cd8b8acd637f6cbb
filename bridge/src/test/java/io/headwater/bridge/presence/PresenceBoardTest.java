package io.headwater.bridge.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.DeviceReport;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.UplinkTopics;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class PresenceBoardTest {
  private static final String GATEWAY = "gw-1";
  private static final Set<Integer> LANE = Set.of(UplinkTopics.lane(GATEWAY));

  private final PresenceBoard board = new PresenceBoard(PresenceSettings.DEFAULTS, "b1");

  private static GatewayStatus status(boolean online, long depth) {
    return new GatewayStatus(
        GATEWAY,
        online,
        "1",
        depth,
        -1,
        ClockQuality.SYNCED,
        new GatewayStatus.Run(1, 10_000, 0, -1),
        new GatewayStatus.Pace(depth == 0 ? 0 : 90, 5_000_000));
  }

  @Test
  void paceIsShownAndWaitsForTheInterval() {
    board.given(LANE, 0);
    board.status(status(true, 1), "a:1", 0);
    assertThat(turn(0))
        .singleElement()
        .satisfies(write ->
            assertThat(write.value()).contains("\"drainSeconds\":90", "\"writtenPerDay\":5000000"));

    board.status(status(true, 0), "a:1", 10_000);
    assertThat(turn(10_000)).isEmpty();
    board.status(status(true, 0), "a:1", 50_000);
    assertThat(turn(60_000))
        .singleElement()
        .satisfies(write -> assertThat(write.value()).contains("\"drainSeconds\":0"));

    board.status(status(false, -1), "a:1", 70_000);
    assertThat(turn(70_000))
        .as("nothing drains now")
        .singleElement()
        .satisfies(write -> assertThat(write.value()).doesNotContain("drainSeconds"));
  }

  private List<PresenceBoard.Write> turn(long nowMs) {
    board.turn(nowMs);
    return board.takeWrites();
  }

  @Test
  void heartbeatsWithoutNewsAreWrittenOncePerInterval() {
    board.given(LANE, 0);
    int writes = 0;
    for (long now = 0; now <= 120_000; now += 10_000) {
      board.status(status(true, now), "a:1", now);
      writes += turn(now).size();
    }
    assertThat(writes).isEqualTo(3);
  }

  @Test
  void willTurnsAGatewayOfflineButNotOneThatIsElsewhereByNow() {
    board.given(LANE, 0);
    board.status(status(true, 1), "a:1", 0);
    turn(0);
    board.status(status(true, 1), "b:1", 5_000);
    board.status(status(false, -1), "a:1", 6_000);
    assertThat(turn(6_000)).singleElement().satisfies(this::isOnline);
    board.status(status(false, -1), "b:1", 7_000);
    assertThat(turn(7_000))
        .singleElement()
        .satisfies(write -> assertThat(write.value()).contains("\"online\":false", "\"depth\":1"));
  }

  private void isOnline(PresenceBoard.Write write) {
    assertThat(write.key()).isEqualTo("gateway/gw-1");
    assertThat(write.value()).contains("\"online\":true", "\"broker\":\"b:1\"");
  }

  @Test
  void silentGatewayGoesOfflineButOnlyByTheOwnerOfItsLane() {
    board.loaded(
        "gateway/gw-1",
        "{\"online\":true,\"since\":1,\"lastSeen\":1,\"bridge\":\"b2\",\"more\":1}");
    assertThat(turn(1_000_000)).isEmpty();

    board.given(LANE, 1_000_000);
    assertThat(turn(1_044_000)).isEmpty();
    assertThat(turn(1_046_000))
        .singleElement()
        .satisfies(write -> assertThat(write.value()).contains("\"online\":false"));
  }

  @Test
  void snapshotTurnsTheOthersOffline() {
    board.given(LANE, 0);
    board.devices(
        new DeviceReport(
            GATEWAY,
            1,
            0,
            0,
            List.of(
                new DeviceReport.Entry("a", true, 1),
                new DeviceReport.Entry("b", true, 1),
                new DeviceReport.Entry("c/d", true, 1))));
    assertThat(board.takeWrites())
        .extracting(PresenceBoard.Write::key)
        .containsExactly("device/gw-1/a", "device/gw-1/b", "device/gw-1/c/d");
    board.devices(
        new DeviceReport(GATEWAY, 9, 0, 2, List.of(new DeviceReport.Entry("a", true, 9))));
    assertThat(board.takeWrites()).isEmpty();
    board.devices(
        new DeviceReport(GATEWAY, 9, 1, 2, List.of(new DeviceReport.Entry("c/d", true, 9))));
    assertThat(board.takeWrites())
        .singleElement()
        .satisfies(write -> {
          assertThat(write.key()).isEqualTo("device/gw-1/b");
          assertThat(write.value()).contains("\"online\":false");
        });
  }

  @Test
  void offlineDevicesAndGatewaysAreForgotten() {
    board.given(LANE, 0);
    board.status(status(true, 0), "a:1", 0);
    board.devices(
        new DeviceReport(GATEWAY, 0, 0, 0, List.of(new DeviceReport.Entry("a", false, 0))));
    board.status(status(false, -1), "a:1", 1);
    turn(2_000);
    long day = TimeUnit.DAYS.toMillis(1);
    var keys = new ArrayList<String>();
    for (long now : new long[] {6 * day, 8 * day, 91 * day}) {
      board.forget(now);
      board.takeWrites().forEach(write -> keys.add(write.key() + " " + write.value()));
    }
    assertThat(keys).containsExactly("device/gw-1/a null", "gateway/gw-1 null");
  }

  @Test
  void gatewayIsForgottenAtOnceWhenItsCursorsAreUnlessItIsThere() {
    board.given(LANE, 0);
    board.status(status(true, 0), "a:1", 0);
    board.devices(
        new DeviceReport(GATEWAY, 0, 0, 0, List.of(new DeviceReport.Entry("a", true, 0))));
    turn(0);

    board.forgotten(GATEWAY);
    assertThat(turn(1_000)).isEmpty();
    board.status(status(false, -1), "a:1", 2_000);
    turn(2_000);
    board.forgotten(GATEWAY);

    assertThat(turn(3_000))
        .extracting(write -> write.key() + " " + write.value())
        .containsExactly("device/gw-1/a null", "gateway/gw-1 null");
  }

  @Test
  void judgementOfAnEarlierOwnerIsCorrected() {
    board.given(LANE, 0);
    board.status(status(true, 1), "a:1", 0);
    turn(0);
    board.loaded("gateway/gw-1", "{\"online\":false,\"since\":1,\"lastSeen\":1,\"bridge\":\"b2\"}");
    assertThat(turn(2_000))
        .singleElement()
        .satisfies(write -> assertThat(write.value()).contains("\"online\":true"));
    board.loaded("gateway/gw-1", "not JSON");
    assertThat(turn(2_100)).isEmpty();
  }
}
