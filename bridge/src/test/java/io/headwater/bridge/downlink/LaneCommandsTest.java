package io.headwater.bridge.downlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.FetchRequest;
import io.headwater.uplink.ResultRecord;
import io.headwater.uplink.StreamPartition;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class LaneCommandsTest {
  private final LaneCommands lane = new LaneCommands(1);

  private static CommandRecord command(String id, String gateway, String device, CommandKind kind) {
    return new CommandRecord(
        id,
        gateway,
        device,
        kind,
        false,
        0,
        100,
        false,
        new byte[0],
        kind == CommandKind.REFETCH
            ? Optional.of(
                new CommandRecord.Fetch(
                    7,
                    new StreamPartition("s", 0),
                    FetchRequest.Place.time(5),
                    FetchRequest.Place.offset(Long.MAX_VALUE)))
            : Optional.empty());
  }

  private boolean add(String id, String gateway, String device) {
    return lane.add(command(id, gateway, device, CommandKind.MESSAGE), 100);
  }

  private static ResultRecord result(String id, CommandOutcome outcome, long next) {
    return new ResultRecord(
        id,
        "g",
        "",
        CommandKind.REFETCH,
        outcome,
        "",
        null,
        Optional.of(new ResultRecord.Progress(next, 90, next, 0)));
  }

  private List<String> heads() {
    return lane.heads().stream().map(head -> head.command().id()).toList();
  }

  @Test
  void ofEachDeviceTheFirstIsUnderWay() {
    assertThat(add("1", "g", "a")).isTrue();
    assertThat(add("2", "g", "a")).isTrue();
    assertThat(add("3", "g", "b")).isTrue();
    assertThat(add("4", "h", "a")).isTrue();
    assertThat(heads()).containsExactly("1", "3", "4");

    lane.done(lane.find("1").orElseThrow());
    lane.done(lane.find("3").orElseThrow());

    assertThat(heads()).containsExactly("2", "4");
    assertThat(lane.size()).isEqualTo(2);
  }

  @Test
  void whatHasAResultIsNotPendingAndAnIdCountsOnce() {
    lane.load(result("1", CommandOutcome.DELIVERED, 0));

    assertThat(add("1", "g", "a")).isFalse();
    assertThat(add("2", "g", "a")).isTrue();
    assertThat(add("2", "g", "a")).isFalse();
    assertThat(heads()).containsExactly("2");
  }

  @Test
  void aRefetchGoesOnWhereItWas() {
    lane.load(result("r", CommandOutcome.PROGRESS, 10));
    lane.load(result("r", CommandOutcome.PROGRESS, 20));
    lane.add(command("r", "g", "", CommandKind.REFETCH), 100);
    lane.add(command("fresh", "h", "", CommandKind.REFETCH), 100);

    FetchRequest again = lane.find("r").orElseThrow().fetchRequest().orElseThrow();
    assertThat(again.from()).isEqualTo(FetchRequest.Place.offset(20));
    assertThat(again.to()).isEqualTo(FetchRequest.Place.offset(90));
    assertThat(lane.find("fresh").orElseThrow().fetchRequest().orElseThrow().from())
        .isEqualTo(FetchRequest.Place.time(5));
  }

  @Test
  void repeatsBecomeRareAndProgressIsAskedForAtOnce() {
    lane.add(command("r", "g", "", CommandKind.REFETCH), 100);
    PendingCommand pending = lane.find("r").orElseThrow();
    long second = TimeUnit.SECONDS.toNanos(1);
    assertThat(pending.isDue(0)).isTrue();
    pending.sent(0);
    assertThat(pending.isDue(4 * second)).isFalse();
    assertThat(pending.isDue(5 * second)).isTrue();
    pending.sent(5 * second);
    assertThat(pending.isDue(14 * second)).isFalse();

    pending.progressed(new ResultRecord.Progress(1, 2, 1, 0));
    assertThat(pending.isDue(14 * second)).isTrue();
    pending.sent(14 * second);
    assertThat(pending.isDue(14 * second + 1)).isFalse();
  }
}
