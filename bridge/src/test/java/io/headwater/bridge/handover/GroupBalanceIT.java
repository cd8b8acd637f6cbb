package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.uplink.UplinkTopics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class GroupBalanceIT {
  private static final Duration POLL = Duration.ofMillis(20);

  @TempDir private Path folder;

  /** Dies once it has given up lanes, before it can say so. */
  private static final class Dying implements ConsumerRebalanceListener {
    private boolean isDead;

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      // What it can have.
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      if (!isDead) {
        isDead = true;
        throw new IllegalStateException("killed");
      }
    }
  }

  private static HubClients clients(String hub, String bridge) {
    HandoverSettings defaults = HandoverSettings.DEFAULTS;
    return new HubClients(
        new HandoverSettings(
            hub,
            defaults.memory(),
            defaults.groupSize(),
            defaults.partitions(),
            defaults.createTopics(),
            defaults.sessionTimeout(),
            defaults.groupProtocol(),
            defaults.forgetAfter(),
            defaults.forgetEpochAfter()),
        bridge);
  }

  private static int owned(Consumer<?, ?> member) {
    return member.assignment().size();
  }

  @Test
  void lanesWithoutAnOwnerAreSharedOutAnew() throws Exception {
    try (ChildProcess process = Headwater.startHub(folder)) {
      String hub = Objects.requireNonNull(process.awaitReady(Duration.ofSeconds(60)).get("kafka"));
      HubClients one = clients(hub, "b1");
      HubClients two = clients(hub, "b2");
      try (Admin admin = one.admin();
          Consumer<byte[], byte[]> second = two.member()) {
        new HubTopics(admin, HandoverSettings.DEFAULTS, new DeclaredStreams()).ensureOwn();
        try (Consumer<byte[], byte[]> first = one.member()) {
          first.subscribe(List.of(HubTopics.CURSORS), new Dying());
          await()
              .until(() -> {
                first.poll(POLL);
                return owned(first) == UplinkTopics.LANES;
              });
          second.subscribe(List.of(HubTopics.CURSORS));
          assertThatThrownBy(
                  () -> {
                    while (true) {
                      second.poll(POLL);
                      first.poll(POLL);
                    }
                  })
              .hasRootCauseMessage("killed");
        }
        try (Consumer<byte[], byte[]> again = one.member()) {
          again.subscribe(List.of(HubTopics.CURSORS));
          await()
              .until(() -> {
                second.poll(POLL);
                again.poll(POLL);
                return owned(again) > 0;
              });
          assertThat(owned(again) + owned(second))
              .as(
                  "lanes that have an owner: if all have, Kafka has changed, and this is not needed")
              .isLessThan(UplinkTopics.LANES);

          GroupBalance[] balances = {
            new GroupBalance(admin, again), new GroupBalance(admin, second)
          };
          await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(() -> {
                for (GroupBalance balance : balances) {
                  balance.look();
                }
                second.poll(POLL);
                again.poll(POLL);
                assertThat(owned(again)).isEqualTo(UplinkTopics.LANES / 2);
                assertThat(owned(second)).isEqualTo(UplinkTopics.LANES / 2);
              });
        }
      }
    }
  }
}
