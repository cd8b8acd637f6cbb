package io.headwater.hub.zookeeper;

import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.GroupConfigs;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicRules;
import io.headwater.process.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * A process that creates topics and takes producer ids until it is killed, and prints each once it
 * is done: {@code topic NAME ID}, {@code ids FIRST}. Arguments: folder, prefix of the names.
 */
final class DyingCatalog {
  private DyingCatalog() {}

  public static void main(String[] args) {
    var zookeeper = EmbeddedZooKeeper.start(Path.of(args[0]), new HostPort("127.0.0.1", 0));
    StoredCatalog catalog = catalog(zookeeper);
    System.out.println("ready catalog");
    for (int i = 0; ; i++) {
      String name = args[1] + i;
      String id = catalog.create(new NewTopic(name, 2, 1, Map.of()), false).join().id().toString();
      System.out.println("topic " + name + " " + id);
      System.out.println("ids " + catalog.nextProducerIdBlock().join().firstProducerId());
    }
  }

  static StoredCatalog catalog(EmbeddedZooKeeper zookeeper) {
    var catalog =
        new StoredCatalog(
            ZooKeeperStore.connect(zookeeper.connectString(), Duration.ofSeconds(6), "folder"),
            new TopicRules(new TopicConfigs(Map.of()), 1, 1),
            new GroupConfigs(GroupCoordination.config(GroupSettings.DEFAULTS)),
            1);
    catalog.register(new Broker(1, "localhost", 9092, null)).join();
    return catalog;
  }
}
