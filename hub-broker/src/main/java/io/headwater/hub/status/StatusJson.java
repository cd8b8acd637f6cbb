package io.headwater.hub.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The same as {@link StatusText}, for programs. What is not known, or not the case, is left out;
 * {@code docs/operations.md} tells the fields.
 */
final class StatusJson {
  /** So many ledgers are listed; all of them are counted. */
  private static final int MOST_LEDGERS = 100;

  private StatusJson() {}

  static ObjectNode of(ClusterStatus status) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("state", StatusText.word(status.state())).put("at", status.at().toString());
    ArrayNode problems = root.putArray("problems");
    for (Problem problem : status.problems()) {
      problems.addObject().put("what", problem.what()).put("next", problem.next());
    }
    ArrayNode members = root.putArray("zookeeper");
    for (ZooKeeperMember member : status.zookeeper()) {
      ObjectNode one = members.addObject().put("address", member.address().toString());
      one.put("state", StatusText.word(member.role()));
      if (!member.detail().isEmpty()) {
        one.put("detail", member.detail());
      }
    }
    status.contents().ifPresent(contents -> contents(root, contents));
    return root;
  }

  private static void contents(ObjectNode root, Contents contents) {
    if (!contents.catalog().clusterId().isEmpty()) {
      root.put("cluster", contents.catalog().clusterId());
    }
    contents.catalog().controller().ifPresent(id -> root.put("controller", id));
    ArrayNode brokers = root.putArray("brokers");
    for (Registered registered : contents.catalog().brokers()) {
      Broker broker = registered.broker();
      broker(brokers, contents, broker.id(), StatusText.state(broker))
          .put("host", broker.host())
          .put("port", broker.port())
          .put("session", "0x" + Long.toHexString(registered.session()))
          .put("since", registered.since().toString());
    }
    contents.missing().forEach(id -> broker(brokers, contents, id, "missing"));
    ObjectNode partitions = root.putObject("partitions");
    partitions.put("total", contents.partitions());
    ArrayNode leaderless = partitions.putArray("leaderless");
    contents.leaderless().forEach(leaderless::add);
    stores(root, contents.stores());
  }

  private static ObjectNode broker(ArrayNode brokers, Contents contents, int id, String state) {
    return brokers
        .addObject()
        .put("id", id)
        .put("state", state)
        .put("partitions", contents.leads(id))
        .put("coordinators", contents.coordinates(id));
  }

  private static void stores(ObjectNode root, Stores stores) {
    ArrayNode bookies = root.putArray("bookies");
    stores.writable().forEach(id -> bookie(bookies, id, "writable"));
    stores.readOnly().forEach(id -> bookie(bookies, id, "read-only"));
    stores
        .gone()
        .forEach((id, on) -> {
          ObjectNode bookie = bookie(bookies, id, "gone");
          on.ifPresent(count -> bookie.put("ledgers", count));
        });
    ObjectNode recovery = root.putObject("recovery");
    recovery.put("enabled", stores.recovers());
    stores.auditor().ifPresent(bookie -> recovery.put("auditor", bookie));
    recovery
        .put("underReplicated", stores.underReplicated().size())
        .put("copying", stores.copying());
    ArrayNode ledgers = recovery.putArray("ledgers");
    stores.underReplicated().stream()
        .limit(MOST_LEDGERS)
        .forEach(ledger -> ledger(ledgers, ledger));
  }

  private static ObjectNode bookie(ArrayNode bookies, String id, String state) {
    return bookies.addObject().put("id", id).put("state", state);
  }

  private static void ledger(ArrayNode ledgers, UnderReplicated ledger) {
    ObjectNode one = ledgers.addObject().put("id", ledger.ledger());
    ArrayNode missing = one.putArray("missing");
    ledger.missing().forEach(missing::add);
    if (ledger.since() != null) {
      one.put("since", ledger.since().toString());
    }
    if (ledger.copying() != null) {
      one.put("copying", ledger.copying());
    }
  }

  /** Adds every partition. */
  static void partitions(
      ObjectNode root, Contents contents, Map<PartitionStates.Key, PartitionState> states) {
    ArrayNode list = ((ObjectNode) root.get("partitions")).putArray("list");
    for (Topic topic : contents.catalog().topics()) {
      for (Partition partition : topic.partitions()) {
        @Nullable PartitionState state =
            states.get(new PartitionStates.Key(topic.id(), partition.index()));
        ObjectNode one = list.addObject();
        one.put("topic", topic.name())
            .put("partition", partition.index())
            .put("state", StatusText.state(contents, partition, state))
            .put("leader", partition.leader())
            .put("epoch", partition.leaderEpoch());
        ArrayNode replicas = one.putArray("replicas");
        partition.replicas().forEach(replicas::add);
        if (state != null) {
          one.put("owner", state.owner()).put("ledgers", state.ledgers().size());
        }
      }
    }
  }
}
