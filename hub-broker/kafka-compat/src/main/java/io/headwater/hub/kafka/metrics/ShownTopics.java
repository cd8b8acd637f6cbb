package io.headwater.hub.kafka.metrics;

import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The topics that have series of their own. One that has keeps them until it is deleted; places
 * that are free go to others by name. The coordinators' own topics get what is left.
 *
 * <p>Feed it by {@code catalog.subscribe}: a topic is chosen before anybody can use it. Thread-safe
 * for readers; one caller at a time applies.
 */
public final class ShownTopics {
  private final int most;
  private final LeftOut leftOut;
  private volatile Set<String> shown = Set.of();

  public ShownTopics(int most, MeterRegistry registry) {
    this.most = most;
    leftOut = new LeftOut(registry, "topics");
  }

  public boolean contains(String topic) {
    return shown.contains(topic);
  }

  /** In the order in which they were chosen. */
  List<String> all() {
    return new ArrayList<>(shown);
  }

  public void apply(TopicsSnapshot snapshot) {
    var next = new LinkedHashSet<String>();
    for (String name : shown) {
      if (snapshot.topic(name).filter(topic -> !topic.isInternal()).isPresent()) {
        next.add(name);
      }
    }
    fill(next, snapshot, false);
    fill(next, snapshot, true);
    shown = Collections.unmodifiableSet(next);
    leftOut.set(snapshot.topics().size() - next.size());
  }

  private void fill(Set<String> next, TopicsSnapshot snapshot, boolean internal) {
    for (Topic topic : snapshot.topics().values()) {
      if (next.size() >= most) {
        return;
      }
      if (topic.isInternal() == internal) {
        next.add(topic.name());
      }
    }
  }
}
