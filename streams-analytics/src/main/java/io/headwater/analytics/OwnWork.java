package io.headwater.analytics;

import io.headwater.analytics.api.OwnTopology;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.streams.Topology;

/** A topology of the user's own. */
record OwnWork(OwnTopology own) implements Work {
  @Override
  public String name() {
    return own.name();
  }

  @Override
  public String title() {
    return "topology " + name();
  }

  @Override
  public String remedy() {
    return "mend it or its state, and start the process again";
  }

  @Override
  public List<NewTopic> topics(Properties config) {
    return own.topics().stream()
        .sorted()
        .map(topic -> new NewTopic(topic, Optional.empty(), Optional.empty()))
        .toList();
  }

  @Override
  public Topology topology(Properties config) {
    return own.topology(config);
  }
}
