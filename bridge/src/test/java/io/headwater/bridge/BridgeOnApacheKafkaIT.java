package io.headwater.bridge;

import io.headwater.apachekafka.ApacheKafka;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** All that holds of the bridge on our hub, with Apache Kafka in its place. */
final class BridgeOnApacheKafkaIT extends BridgeIT {
  @Override
  AutoCloseable startHub(Path folder, Consumer<String> address) throws IOException {
    ApacheKafka kafka = ApacheKafka.start(folder.resolve("apache-kafka"));
    address.accept(kafka.address());
    return kafka;
  }
}
