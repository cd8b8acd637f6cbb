package io.headwater.bridge.handover;

import io.headwater.uplink.UplinkTopics;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
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
 * comes or goes. Apache Kafka's coordinator does the same. Not needed with the newer protocol:
 * there the group itself keeps shares even.
 *
 * <p>Confined to the hand-over's thread; waits for nothing.
 */
final class GroupBalance {
  private static final Logger LOGGER = LoggerFactory.getLogger(GroupBalance.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Rounds of the group's own take less. */
  private static final int LEAST_LOOKS = 2;

  /** If sharing out anew does not help, it is done ever more seldom. */
  private static final int MOST_LOOKS = 64;

  private final Admin admin;
  private final Consumer<?, ?> member;
  private long nextNanos = System.nanoTime() + EVERY_NANOS;
  private int uneven;
  private int looks = LEAST_LOOKS;
  private @Nullable KafkaFuture<ConsumerGroupDescription> asked;

  GroupBalance(Admin admin, Consumer<?, ?> member) {
    this.admin = admin;
    this.member = member;
  }

  /** To be called again and again. */
  void look() throws InterruptedException {
    if (asked != null && asked.isDone()) {
      judge(asked);
      asked = null;
    }
    if (asked == null && System.nanoTime() - nextNanos >= 0) {
      nextNanos = System.nanoTime() + EVERY_NANOS;
      asked =
          admin
              .describeConsumerGroups(List.of(HubClients.GROUP))
              .describedGroups()
              .get(HubClients.GROUP);
    }
  }

  private void judge(KafkaFuture<ConsumerGroupDescription> answer) throws InterruptedException {
    try {
      ConsumerGroupDescription group = answer.get();
      if (group.groupState() != GroupState.STABLE) {
        uneven = 0; // not decided yet
      } else if (isEven(group)) {
        uneven = 0;
        looks = LEAST_LOOKS;
      } else {
        uneven++;
      }
    } catch (ExecutionException e) {
      LOGGER.atDebug().setCause(e).log("The group of the bridges cannot be described");
    }
    if (uneven == looks) {
      uneven = 0;
      looks = Math.min(2 * looks, MOST_LOOKS);
      LOGGER.atInfo().log("Lanes have no owner, or a bridge has too few: they are shared out anew");
      // Of the members that see it, the group's leader is heard.
      member.enforceRebalance("lanes are shared unevenly");
    }
  }

  private static boolean isEven(ConsumerGroupDescription group) {
    IntSummaryStatistics owned =
        group.members().stream()
            .mapToInt(each -> each.assignment().topicPartitions().size())
            .summaryStatistics();
    return owned.getSum() == UplinkTopics.LANES && owned.getMax() - owned.getMin() <= 1;
  }
}
