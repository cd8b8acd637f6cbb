package io.headwater.bridge.downlink;

import io.headwater.uplink.DownState;
import io.headwater.uplink.DownlinkCodec;
import io.headwater.uplink.UplinkTopics;
import io.headwater.uplink.Values;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Gives gateways the newest values: changes to those that are there, all of them to one that has
 * others. Confined to the downlink's thread.
 */
final class ValueSender {
  /** Where values go. */
  interface Receivers {
    /** The gateways that are there now. */
    List<String> present();

    void send(UplinkTopics.Down kind, String gateway, byte[] frame);
  }

  private static final long SYNC_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final List<DownMapping> mappings;
  private final Receivers gateways;
  private final DownlinkMetrics metrics;
  private final ValueBook book;
  private final List<ValueBook.Change> changes = new ArrayList<>();
  private final Map<String, DownState> told = new LinkedHashMap<>();
  private final Map<String, Long> syncedNanos = new HashMap<>();
  private long nextSync = System.nanoTime() | 1; // another bridge's are others

  ValueSender(List<DownMapping> mappings, Receivers gateways, DownlinkMetrics metrics) {
    this.mappings = mappings;
    this.gateways = gateways;
    this.metrics = metrics;
    book = new ValueBook(metrics);
  }

  void take(ConsumerRecord<byte[], byte[]> record) {
    for (DownMapping mapping : mappings) {
      if (mapping.topic().equals(record.topic())) {
        book.take(mapping, record).ifPresent(changes::add);
      }
    }
  }

  /** What a gateway says that it has. */
  void state(DownState state) {
    told.put(state.gateway(), state);
  }

  /**
   * Sends what is due.
   *
   * @param read whether the book holds all values that were there at the start
   */
  void step(boolean read) {
    if (!read) {
      changes.clear(); // history: once all is read, each gateway's next word tells what it lacks
      return;
    }
    if (!changes.isEmpty()) {
      for (String gateway : gateways.present()) {
        book.changes(gateway, changes).forEach(this::send);
      }
      changes.clear();
    }
    if (!told.isEmpty()) {
      told.values().forEach(this::compare);
      told.clear();
    }
  }

  private void compare(DownState state) {
    String gateway = state.gateway();
    if (state.equals(book.state(gateway))) {
      return;
    }
    long now = System.nanoTime();
    Long last = syncedNanos.get(gateway);
    if (last != null && now - last < SYNC_AGAIN_NANOS) {
      return; // it has not read the last ones yet; it will tell again
    }
    syncedNanos.put(gateway, now);
    metrics.synced();
    nextSync += 2;
    book.all(gateway, nextSync).forEach(this::send);
  }

  private void send(Values values) {
    gateways.send(UplinkTopics.Down.VALUES, values.gateway(), DownlinkCodec.encode(values));
  }
}
