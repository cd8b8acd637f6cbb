package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.analytics.aggregate.Gateways;
import io.micrometer.core.instrument.Counter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps when the gaps of a query's topics lie, out of the bridge's records of gaps: from {@code
 * after} to {@code before}. Without {@code before} it is until the bridge wrote the record, without
 * {@code after} only the instant {@code before}; a record with neither says nothing, and is
 * counted.
 *
 * <p>Passed over are gaps of other topics, offsets that never had a reading ({@code unused}), and
 * what a refetch did not find, which was there once.
 *
 * <p>Confined to the thread of Streams' global stores.
 */
final class GapTaker implements Processor<Bytes, byte[], Void, Void> {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Source source;
  private final Counter timeless;
  private final Map<String, Boolean> isRead = new HashMap<>();
  private @Nullable KeyValueStore<Bytes, byte[]> store;

  GapTaker(Source source, Counter timeless) {
    this.source = source;
    this.timeless = timeless;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    store = context.getStateStore(QueryTopology.GAPS);
  }

  @Override
  public void process(Record<Bytes, byte[]> record) {
    if (record.value() == null) {
      return;
    }
    JsonNode gap;
    try {
      gap = JSON.readTree(new String(record.value(), StandardCharsets.UTF_8));
    } catch (JsonProcessingException _) {
      timeless.increment();
      return;
    }
    if (isRead.computeIfAbsent(gap.path("stream").asText(), source::reads)
        && !gap.path("reason").asText().equals("unused")
        && !gap.has("refetch")) {
      take(gap, record.timestamp());
    }
  }

  @SuppressWarnings("NullAway") // Streams calls init first
  private void take(JsonNode gap, long writtenMs) {
    String gateway = gap.path("gateway").asText();
    boolean hasAfter = gap.path("after").isIntegralNumber();
    boolean hasBefore = gap.path("before").isIntegralNumber();
    if (gateway.isEmpty() || !(hasAfter || hasBefore)) {
      timeless.increment();
      return;
    }
    long one = gap.path(hasAfter ? "after" : "before").longValue();
    long other = hasBefore ? gap.path("before").longValue() : Math.max(one, writtenMs);
    Bytes key = Gaps.key(Gateways.of(gateway.getBytes(StandardCharsets.UTF_8)));
    byte[] before = store.get(key);
    // A clock may have been set back between the two.
    store.put(key, Stretches.add(before, Math.min(one, other), Math.max(one, other)));
  }
}
