package io.headwater.edge.sparkplug;

import static io.headwater.edge.sparkplug.TestPayloads.data;
import static io.headwater.edge.sparkplug.TestPayloads.death;
import static io.headwater.edge.sparkplug.TestPayloads.declare;
import static io.headwater.edge.sparkplug.TestPayloads.message;
import static io.headwater.edge.sparkplug.TestPayloads.nodeBirth;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.sparkplug.SparkplugTopic.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One edge node, message by message. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class NodeStateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final List<Refused> refused = new ArrayList<>();
  private final NodeState node =
      new NodeState(Duration.ofSeconds(2), Duration.ofSeconds(10), 100, refused::add);
  private long now;

  /** What is said, in short. */
  private List<String> take(MessageType type, String device, Payload payload) {
    return node.take(new SparkplugTopic("g", type, "n", device), payload, "client", now).stream()
        .map(NodeStateTest::text)
        .filter(text -> !text.startsWith("Node Control/") && !text.startsWith("bdSeq"))
        .toList();
  }

  private static String text(NodeEvent event) {
    return switch (event) {
      case NodeEvent.Presence presence -> (presence.online() ? "+" : "-") + presence.device();
      case NodeEvent.Value value -> {
        String device = value.device().isEmpty() ? "" : value.device() + ":";
        yield device + value.definition().name() + "=" + value.metric().getLongValue();
      }
    };
  }

  private List<String> born() {
    return take(
        MessageType.NBIRTH, "", nodeBirth(3, 0, 1000, declare("a", 1, 10), declare("b", 2, 20)));
  }

  private List<String> said(long seq, long timestamp, long alias, long value) {
    return take(MessageType.NDATA, "", data(seq, timestamp, Map.of(alias, value)));
  }

  private boolean asks() {
    return node.poll(now);
  }

  @Test
  void birthGivesAliasesTheirNames() {
    assertThat(born()).containsExactly("+", "a=10", "b=20");
    assertThat(said(1, 1001, 2, 21)).containsExactly("b=21");
    assertThat(said(2, 1002, 1, 11)).containsExactly("a=11");
    assertThat(asks()).isFalse();
    assertThat(refused).isEmpty();
  }

  @Test
  void namesWithoutAliasesAreTaken() {
    born();
    assertThat(
            take(
                MessageType.NDATA,
                "",
                message(1, 1001, Metric.newBuilder().setName("b").setLongValue(5))))
        .containsExactly("b=5");
  }

  @Test
  void devicesHaveAliasesOfTheirOwn() {
    born();
    assertThat(take(MessageType.DBIRTH, "d", message(1, 1001, declare("t", 7, 70))))
        .containsExactly("+d", "d:t=70");
    assertThat(take(MessageType.DDATA, "d", data(2, 1002, Map.of(7L, 71L))))
        .containsExactly("d:t=71");
    assertThat(take(MessageType.DDEATH, "d", message(3, 1003))).containsExactly("-d");
    assertThat(take(MessageType.DDATA, "d", data(4, 1004, Map.of(7L, 72L)))).isEmpty();
    assertThat(refused).containsExactly(Refused.NO_BIRTH);
    assertThat(asks()).isTrue();
  }

  @Test
  void unknownNodeIsAskedForItsBirthAndNothingCountsUntilThen() {
    assertThat(said(7, 1000, 1, 1)).isEmpty();
    assertThat(asks()).isTrue();
    assertThat(asks()).as("once").isFalse();
    now += 9 * SECOND;
    assertThat(said(8, 1001, 1, 1)).isEmpty();
    assertThat(asks()).isFalse();
    now += SECOND;
    assertThat(asks()).as("again").isTrue();
    now += 19 * SECOND;
    assertThat(asks()).as("the pause doubles").isFalse();
    now += SECOND;
    assertThat(asks()).isTrue();
    assertThat(born()).hasSize(3);
    now += 1000 * SECOND;
    assertThat(asks()).isFalse();
  }

  @Test
  void gapThatIsNotClosedInTimeAsksForABirth() {
    born();
    assertThat(said(2, 1002, 1, 12)).as("waits for 1").isEmpty();
    now += 2 * SECOND - 1;
    assertThat(asks()).isFalse();
    now++;
    assertThat(asks()).isTrue();
    assertThat(said(3, 1003, 1, 13)).isEmpty();
    assertThat(refused).containsExactly(Refused.GAP, Refused.NO_BIRTH);
  }

  @Test
  void lateMessageClosesAGapInOrder() {
    born();
    assertThat(said(3, 1003, 1, 13)).isEmpty();
    assertThat(said(2, 1002, 1, 12)).isEmpty();
    now += SECOND;
    assertThat(said(1, 1001, 1, 11)).containsExactly("a=11", "a=12", "a=13");
    now += 100 * SECOND;
    assertThat(asks()).isFalse();
  }

  @Test
  void repeatedMessagesCountOnce() {
    born();
    said(1, 1001, 1, 11);
    assertThat(said(1, 1001, 1, 11)).isEmpty();
    assertThat(said(3, 1003, 1, 13)).isEmpty();
    assertThat(said(3, 1003, 1, 13)).isEmpty();
    assertThat(said(2, 1002, 1, 12)).containsExactly("a=12", "a=13");
    assertThat(born()).as("the same birth").isEmpty();
    assertThat(said(4, 1004, 1, 14)).containsExactly("a=14");
    assertThat(refused).containsOnly(Refused.DUPLICATE).hasSize(3);
  }

  @Test
  void sequenceGoesOnAfter255() {
    take(MessageType.NBIRTH, "", nodeBirth(3, 254, 1000, declare("a", 1, 10)));
    assertThat(said(255, 1001, 1, 1)).containsExactly("a=1");
    assertThat(said(0, 1002, 1, 2)).containsExactly("a=2");
    assertThat(said(1, 1003, 1, 3)).containsExactly("a=3");
  }

  @Test
  void restartWhoseBirthWasLostIsNoticedByNewerMessagesWithOldNumbers() {
    born();
    for (int i = 1; i <= 100; i++) {
      said(i, 1000 + i, 1, i);
    }
    assertThat(said(1, 2000, 1, 99)).isEmpty();
    assertThat(refused).containsExactly(Refused.GAP);
    assertThat(asks()).isTrue();
  }

  @Test
  void unknownAliasAndContradictionsSayNothingAndAskForABirth() {
    for (Payload each :
        List.of(
            data(1, 1001, Map.of(1L, 11L, 9L, 90L)),
            message(1, 1001, Metric.newBuilder().setName("c").setLongValue(1)),
            message(1, 1001, Metric.newBuilder().setName("b").setAlias(1).setLongValue(1)),
            message(1, 1001, Metric.newBuilder().setAlias(1).setDoubleValue(1)),
            message(1, 1001, Metric.newBuilder().setAlias(1).setDatatype(10).setLongValue(1)))) {
      refused.clear();
      take(
          MessageType.NBIRTH,
          "",
          nodeBirth(3, 0, ++birthTime, declare("a", 1, 10), declare("b", 2, 20)));
      assertThat(take(MessageType.NDATA, "", each.toBuilder().setTimestamp(birthTime + 1).build()))
          .isEmpty();
      assertThat(refused).containsExactly(Refused.CONTRADICTION);
      assertThat(asks()).isTrue();
      now += 10 * SECOND;
    }
  }

  private long birthTime = 1000;

  @Test
  void dataOfAnotherClientIsNotReadByThisOnesBirth() {
    born();
    assertThat(
            node.take(
                new SparkplugTopic("g", MessageType.NDATA, "n", ""),
                data(1, 1001, Map.of(1L, 20L)),
                "other client",
                now))
        .isEmpty();
    assertThat(refused).containsExactly(Refused.CONTRADICTION);
    assertThat(asks()).isTrue();
  }

  @Test
  void birthsThatAreContradictedAgainAndAgainAreAskedForOncePerInterval() {
    int asked = 0;
    for (int i = 0; i < 1000; i++) {
      take(MessageType.NBIRTH, "", nodeBirth(3, 0, ++birthTime, declare("a", 1, 10)));
      said(1, ++birthTime, 9, 90); // an alias that it has not
      if (asks()) {
        asked++;
      }
      now += SECOND / 10;
    }
    assertThat(asked).as("in 100 s").isEqualTo(10);
  }

  @Test
  void badBirthsAreNotBelieved() {
    Payload good = nodeBirth(3, 0, 1000, declare("a", 1, 10));
    for (Payload each :
        List.of(
            good.toBuilder().clearSeq().build(),
            good.toBuilder().clearTimestamp().build(),
            good.toBuilder().setSeq(256).build(),
            good.toBuilder().removeMetrics(0).build(),
            nodeBirth(3, 0, 1000, declare("a", 1, 10), declare("b", 1, 20)),
            nodeBirth(3, 0, 1000, declare("a", 1, 10), declare("a", 2, 20)),
            nodeBirth(3, 0, 1000, declare("a", 1, 10).clearName()),
            nodeBirth(3, 0, 1000, declare("a", 1, 10).clearDatatype()),
            nodeBirth(3, 0, 1000, declare("a", 1, 10).setStringValue("x")))) {
      refused.clear();
      assertThat(take(MessageType.NBIRTH, "", each)).isEmpty();
      assertThat(refused).containsExactly(Refused.BAD_BIRTH);
      assertThat(node.isBelieved()).isFalse();
    }
    assertThat(asks()).isTrue();
    assertThat(take(MessageType.NBIRTH, "", good)).containsExactly("+", "a=10");
  }

  @Test
  void deathCountsOnlyForItsOwnSession() {
    born();
    assertThat(take(MessageType.NDEATH, "", death(2, 1500))).isEmpty();
    assertThat(refused).containsExactly(Refused.OTHER_SESSION);
    assertThat(said(1, 1001, 1, 11)).containsExactly("a=11");
    assertThat(take(MessageType.NDEATH, "", death(3, 1600))).containsExactly("-");
    assertThat(take(MessageType.NDEATH, "", death(3, 1600))).as("once").isEmpty();
    assertThat(asks()).as("it is gone").isFalse();
    assertThat(said(2, 1601, 1, 12)).as("or is it?").isEmpty();
    assertThat(asks()).isTrue();
  }

  @Test
  void newConnectionHasToBeginWithABirth() {
    born();
    node.connected("another", now);
    assertThat(said(1, 1001, 1, 11)).containsExactly("a=11");
    node.connected("client", now);
    assertThat(said(2, 1002, 1, 12)).isEmpty();
    assertThat(asks()).as("it is about to come").isFalse();
    assertThat(
            take(
                MessageType.NBIRTH,
                "",
                nodeBirth(4, 0, 2000, declare("b", 1, 20), declare("a", 2, 10))))
        .containsExactly("+", "b=20", "a=10");
    assertThat(said(1, 2001, 1, 21)).containsExactly("b=21");
  }

  @Test
  void deathIsToldAlsoOfANodeThatIsNotBelieved() {
    born();
    node.connected("client", now);
    assertThat(take(MessageType.NDEATH, "", death(3, 1500))).containsExactly("-");
    assertThat(take(MessageType.NDEATH, "", death(3, 1500))).isEmpty();
  }

  @Test
  void messageFromBeforeTheBirthIsNotReadByItsAliases() {
    born();
    take(MessageType.NBIRTH, "", nodeBirth(4, 0, 2000, declare("b", 1, 20), declare("a", 2, 10)));
    assertThat(said(1, 1001, 1, 11)).isEmpty();
    assertThat(refused).containsExactly(Refused.OLD);
    assertThat(said(1, 2001, 1, 21)).as("the right one").containsExactly("b=21");
    now += 100 * SECOND;
    assertThat(asks()).isFalse();
  }

  @Test
  void messagesOfABirthThatComesLateAreKept() {
    born();
    Payload birth = nodeBirth(3, 100, 2000, declare("b", 1, 20), declare("a", 2, 10));
    assertThat(said(102, 2002, 2, 12)).isEmpty();
    assertThat(said(101, 2001, 1, 21)).isEmpty();
    assertThat(take(MessageType.NBIRTH, "", birth)).contains("+", "b=20", "a=10", "b=21", "a=12");
    now += 100 * SECOND;
    assertThat(asks()).isFalse();
  }

  @Test
  void lateBirthOfAnEarlierSessionDoesNotCount() {
    take(MessageType.NBIRTH, "", nodeBirth(4, 0, 2000, declare("b", 1, 20)));
    assertThat(take(MessageType.NBIRTH, "", nodeBirth(3, 0, 1000, declare("a", 1, 10)))).isEmpty();
    assertThat(refused).containsExactly(Refused.OLD);
    assertThat(asks()).as("which of the two?").isTrue();
    assertThat(take(MessageType.NBIRTH, "", nodeBirth(4, 0, 3000, declare("b", 1, 20)))).hasSize(2);
  }

  @Test
  void nodeWhoseClockWasSetBackIsBelievedTheThirdTime() {
    take(MessageType.NBIRTH, "", nodeBirth(4, 0, 2_000_000, declare("a", 1, 10)));
    assertThat(take(MessageType.NBIRTH, "", nodeBirth(5, 0, 1000, declare("b", 1, 20)))).isEmpty();
    assertThat(asks()).isTrue();
    assertThat(take(MessageType.NBIRTH, "", nodeBirth(5, 0, 1100, declare("b", 1, 20)))).isEmpty();
    now += 10 * SECOND;
    assertThat(asks()).isTrue();
    assertThat(take(MessageType.NBIRTH, "", nodeBirth(5, 0, 1200, declare("b", 1, 20))))
        .containsExactly("+", "b=20");
  }

  @Test
  void clockThatIsSetBackBetweenBirthsAsksForABirth() {
    born();
    assertThat(said(1, 500, 1, 11)).isEmpty();
    assertThat(asks()).isFalse();
    now += 2 * SECOND;
    assertThat(asks()).isTrue();
  }
}
