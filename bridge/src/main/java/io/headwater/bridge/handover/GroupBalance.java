package io.headwater.bridge.handover;

import io.headwater.uplink.UplinkTopics;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees that each lane has an owner, and that bridges own as many as others, within one.
 *
 * <p>Kafka's classic protocol does not promise it. Lanes move in two rounds: their owner gives them
 * up, joins again, and only then they are given to another. A bridge that is killed in between
 * comes back as the same static member, to whom the group, stable by then, hands what it had: the
 * second round never comes. Lanes stay without an owner, or a bridge without lanes, until a member
 * comes or goes. Apache Kafka's coordinator does the same. With the newer protocol the group itself
 * keeps shares even.
 *
 * <p>Confined to the hand-over's thread; waits for nothing.
 */
final class GroupBalance {
  private static final Logger LOGGER = LoggerFactory.getLogger(GroupBalance.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Rounds of the group's own take less. */
  private static final int UNEVEN_LOOKS = 2;

  private final Supplier<KafkaFuture<ConsumerGroupDescription>> describe;
  private final java.util.function.Consumer<String> rebalance;
  private final LongSupplier nanoTime;
  private long nextNanos;
  private int uneven;
  private @Nullable KafkaFuture<ConsumerGroupDescription> asked;

  /**
   * @param rebalance begins a rebalance, for a reason
   */
  GroupBalance(
      Supplier<KafkaFuture<ConsumerGroupDescription>> describe,
      java.util.function.Consumer<String> rebalance,
      LongSupplier nanoTime) {
    this.describe = describe;
    this.rebalance = rebalance;
    this.nanoTime = nanoTime;
    this.nextNanos = nanoTime.getAsLong() + EVERY_NANOS;
  }

  /** Empty if the group needs none. */
  static Optional<GroupBalance> of(
      HandoverSettings.GroupProtocol protocol, Admin admin, Consumer<?, ?> member) {
    if (protocol != HandoverSettings.GroupProtocol.CLASSIC) {
      return Optional.empty();
    }
    return Optional.of(
        new GroupBalance(
            () ->
                admin
                    .describeConsumerGroups(List.of(HubClients.GROUP))
                    .describedGroups()
                    .get(HubClients.GROUP),
            member::enforceRebalance,
            System::nanoTime));
  }

  /** To be called again and again. */
  void look() throws InterruptedException {
    if (asked != null && asked.isDone()) {
      judge(asked);
      asked = null;
    }
    if (asked == null && nanoTime.getAsLong() - nextNanos >= 0) {
      nextNanos = nanoTime.getAsLong() + EVERY_NANOS;
      asked = describe.get();
    }
  }

  private void judge(KafkaFuture<ConsumerGroupDescription> answer) throws InterruptedException {
    try {
      uneven = isEven(answer.get()) ? 0 : uneven + 1;
    } catch (ExecutionException e) {
      LOGGER.atDebug().setCause(e).log("The group of the bridges cannot be described");
      uneven = 0;
    }
    if (uneven == UNEVEN_LOOKS) {
      uneven = 0;
      LOGGER.atInfo().log("Lanes have no owner, or a bridge has too few: they are shared out anew");
      // Of the members that see it, the group's leader is heard.
      rebalance.accept("lanes are shared unevenly");
    }
  }

  private static boolean isEven(ConsumerGroupDescription group) {
    if (group.groupState() != GroupState.STABLE) {
      return true; // not decided yet
    }
    int[] owned =
        group.members().stream()
            .mapToInt(each -> each.assignment().topicPartitions().size())
            .sorted()
            .toArray();
    return owned.length == 0
        || (Arrays.stream(owned).sum() == UplinkTopics.LANES
            && owned[owned.length - 1] - owned[0] <= 1);
  }
}
