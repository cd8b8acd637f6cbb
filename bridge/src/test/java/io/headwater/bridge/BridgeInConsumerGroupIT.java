package io.headwater.bridge;

import io.headwater.apachekafka.ApacheKafka;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** All that holds of the bridge, with Kafka's newer group protocol, on Apache Kafka. */
final class BridgeInConsumerGroupIT extends BridgeIT {
  @Override
  AutoCloseable startHub(Path folder, Consumer<String> address) throws IOException {
    // As short as the classic protocol's time-out in these tests: here it is the hub's.
    ApacheKafka kafka =
        ApacheKafka.start(
            folder.resolve("apache-kafka"),
            "group.consumer.min.session.timeout.ms=6000",
            "group.consumer.session.timeout.ms=6000",
            "group.consumer.min.heartbeat.interval.ms=1500",
            "group.consumer.heartbeat.interval.ms=1500");
    address.accept(kafka.address());
    return kafka;
  }

  @Override
  String groupSetting() {
    return "uplink.group-protocol=consumer";
  }
}
