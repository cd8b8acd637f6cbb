package io.headwater.edge.down;

import io.headwater.edge.mqtt.LocalDelivery;
import io.headwater.uplink.DownState;
import io.headwater.uplink.Values;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The newest values that the hub's side has given. Guarded by itself. */
final class HeldValues {
  private final String gateway;
  private final LocalDelivery delivery;
  private final DownMetrics metrics;
  private final Map<String, byte[]> values = new HashMap<>();
  private long bytes;
  private long digest;

  // Of all values that are being sent.
  private long sync;
  private final Set<Integer> parts = new HashSet<>();
  private final Set<String> named = new HashSet<>();

  HeldValues(String gateway, LocalDelivery delivery, DownMetrics metrics) {
    this.gateway = gateway;
    this.delivery = delivery;
    this.metrics = metrics;
  }

  synchronized DownState state() {
    return new DownState(gateway, values.size(), digest);
  }

  synchronized void take(Values received) {
    if (received.sync() != 0 && received.sync() != sync) {
      sync = received.sync();
      parts.clear();
      named.clear();
    }
    for (Values.Value each : received.values()) {
      set(each.topic(), each.value());
      named.add(each.topic()); // changes between the parts belong to the whole, too
    }
    if (received.sync() != 0) {
      parts.add(received.index());
      if (parts.size() == received.parts()) {
        Set<String> gone = new HashSet<>(values.keySet());
        gone.removeAll(named);
        gone.forEach(topic -> set(topic, null));
        parts.clear();
        named.clear();
        sync = 0;
      }
    } else if (sync == 0) {
      named.clear();
    }
    metrics.values(values.size());
  }

  private void set(String topic, byte @Nullable [] value) {
    byte[] before = values.get(topic);
    if (value != null && !isTakable(topic, value, before)) {
      metrics.ignored("value");
      return;
    }
    if (before != null) {
      values.remove(topic);
      digest -= DownState.digest(topic, before);
      bytes -= before.length;
    }
    if (value != null) {
      values.put(topic, value);
      digest += DownState.digest(topic, value);
      bytes += value.length;
    }
    if (!Arrays.equals(before, value)) {
      delivery.setValue(topic, value);
    }
  }

  private boolean isTakable(String topic, byte[] value, byte @Nullable [] before) {
    int freed = before == null ? 0 : before.length;
    return !topic.isEmpty()
        && topic.indexOf('+') < 0
        && topic.indexOf('#') < 0
        && topic.indexOf('\0') < 0
        && value.length <= DownState.LARGEST_VALUE
        && bytes - freed + value.length <= DownState.MOST_BYTES
        && (before != null || values.size() < DownState.MOST_VALUES);
  }
}
