package io.headwater.hub.status;

import io.headwater.hub.bookkeeper.Stores;
import io.headwater.hub.bookkeeper.Stores.UnderReplicated;
import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.status.ClusterStatus.Contents;
import io.headwater.hub.status.ClusterStatus.Problem;
import io.headwater.hub.zookeeper.ClusterView.Registered;
import io.headwater.hub.zookeeper.ZooKeeperMember;
import io.headwater.process.HostPort;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Tells people how a cluster does. */
final class StatusText {
  private StatusText() {}

  static String of(ClusterStatus status) {
    var text = new StringBuilder();
    String id = status.contents().map(contents -> contents.catalog().clusterId()).orElse("");
    text.append("cluster ")
        .append(id.isEmpty() ? "" : id + " ")
        .append(
            switch (status.state()) {
              case WHOLE -> "is whole";
              case DEGRADED -> "is degraded";
              case UNKNOWN -> "cannot be looked at";
            })
        .append('\n');
    for (Problem problem : status.problems()) {
      text.append("! ").append(problem.what()).append('\n');
      text.append("  -> ").append(problem.next()).append('\n');
    }
    text.append('\n').append(zookeeper(status.zookeeper()));
    status
        .contents()
        .ifPresent(contents ->
            text.append('\n')
                .append(brokers(contents, status.at()))
                .append('\n')
                .append(bookies(contents.stores()))
                .append('\n')
                .append(totals(contents, status.at())));
    return text.toString();
  }

  private static String zookeeper(List<ZooKeeperMember> members) {
    var table = new Columns("ZOOKEEPER", "STATE");
    for (ZooKeeperMember member : members) {
      table.row(
          member.address(),
          word(member.role()) + (member.detail().isEmpty() ? "" : ": " + member.detail()));
    }
    return table.text();
  }

  /** As in JSON: {@code not-serving}. */
  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String brokers(Contents contents, Instant now) {
    var table =
        new Columns(
            "BROKER", "ADDRESS", "STATE", "PARTITIONS", "COORDINATORS", "SESSION", "REGISTERED");
    OptionalInt controller = contents.catalog().controller();
    for (Registered registered : contents.catalog().brokers()) {
      Broker broker = registered.broker();
      table.row(
          broker.id(),
          new HostPort(broker.host(), broker.port()),
          state(broker) + (controller.orElse(-1) == broker.id() ? ", controller" : ""),
          contents.leads(broker.id()),
          contents.coordinates(broker.id()),
          "0x" + Long.toHexString(registered.session()),
          span(registered.since(), now) + " ago");
    }
    for (int missing : contents.missing()) {
      table.row(
          missing,
          "-",
          "missing",
          contents.leads(missing),
          contents.coordinates(missing),
          "-",
          "-");
    }
    return table.text();
  }

  static String state(Broker broker) {
    return broker.leaving() ? "leaving" : "serving";
  }

  private static String bookies(Stores stores) {
    var table = new Columns("BOOKIE", "STATE");
    stores.writable().forEach(bookie -> table.row(bookie, "writable"));
    stores.readOnly().forEach(bookie -> table.row(bookie, "read-only"));
    stores
        .gone()
        .forEach((bookie, ledgers) ->
            table.row(
                bookie,
                ledgers.isEmpty()
                    ? "gone"
                    : ledgers.getAsInt() == 0
                        ? "gone, holds nothing that is needed"
                        : "gone, ledgers with a copy on it: " + ledgers.getAsInt()));
    return table.text();
  }

  private static String totals(Contents contents, Instant now) {
    Stores stores = contents.stores();
    Optional<Instant> oldest =
        stores.underReplicated().stream()
            .map(UnderReplicated::since)
            .filter(Objects::nonNull)
            .min(Comparator.naturalOrder());
    return "partitions: %d, without a leader: %d\n"
            .formatted(contents.partitions(), contents.leaderless().size())
        + "ledgers with too few copies: %d, being copied: %d%s\n"
            .formatted(
                stores.underReplicated().size(),
                stores.copying(),
                oldest.map(since -> ", the oldest for " + span(since, now)).orElse(""))
        + "auto-recovery: "
        + (stores.recovers()
            ? stores.auditor().map(bookie -> "led by bookie " + bookie).orElse("runs nowhere")
            : "switched off")
        + "\n";
  }

  /** Every partition: who leads it, and who has its log open. */
  static String partitions(Contents contents, Map<PartitionStates.Key, PartitionState> states) {
    var table =
        new Columns(
            "TOPIC", "PARTITION", "LEADER", "EPOCH", "REPLICAS", "OWNER", "LEDGERS", "STATE");
    for (Topic topic : contents.catalog().topics()) {
      for (Partition partition : topic.partitions()) {
        @Nullable PartitionState state =
            states.get(new PartitionStates.Key(topic.id(), partition.index()));
        table.row(
            topic.name(),
            partition.index(),
            partition.leader(),
            partition.leaderEpoch(),
            partition.replicas(),
            state == null ? "-" : state.owner(),
            state == null ? 0 : state.ledgers().size(),
            state(contents, partition, state));
      }
    }
    return table.text();
  }

  /** {@code led}, {@code taking-over} or {@code leaderless}. */
  static String state(Contents contents, Partition partition, @Nullable PartitionState state) {
    if (contents.catalog().brokers().stream()
        .noneMatch(registered -> registered.broker().id() == partition.leader())) {
      return "leaderless";
    }
    return state != null
            && state.owner() == partition.leader()
            && state.leaderEpoch() == partition.leaderEpoch()
        ? "led"
        : "taking-over";
  }

  private static String span(Instant from, Instant to) {
    long seconds = Math.max(0, Duration.between(from, to).toSeconds());
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < 7_200) {
      return seconds / 60 + " min";
    }
    return seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " d";
  }
}
