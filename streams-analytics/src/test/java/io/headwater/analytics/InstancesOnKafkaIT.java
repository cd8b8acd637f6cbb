package io.headwater.analytics;

import io.headwater.apachekafka.ApacheKafka;
import java.util.List;

/** The same on Apache Kafka. */
class InstancesOnKafkaIT extends InstancesIT {
  @Override
  String startBroker(List<AutoCloseable> ended) throws Exception {
    ApacheKafka kafka = ApacheKafka.start(folder.resolve("kafka"));
    ended.add(kafka);
    return kafka.address();
  }
}
