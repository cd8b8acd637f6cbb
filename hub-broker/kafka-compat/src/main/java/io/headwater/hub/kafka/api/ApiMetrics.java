package io.headwater.hub.kafka.api;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What clients bring and take. */
public final class ApiMetrics {
  private final Counter producedRecords;
  private final Counter producedBytes;
  private final Counter fetchedBytes;

  public ApiMetrics(MeterRegistry registry) {
    producedRecords =
        Counter.builder("hub.produce.records")
            .description("Records appended by clients")
            .register(registry);
    producedBytes =
        Counter.builder("hub.produce.bytes")
            .description("Bytes appended by clients")
            .register(registry);
    fetchedBytes =
        Counter.builder("hub.fetch.bytes")
            .description("Bytes of records sent to consumers")
            .register(registry);
  }

  void produced(long records, long bytes) {
    producedRecords.increment((double) records);
    producedBytes.increment((double) bytes);
  }

  void fetched(long bytes) {
    fetchedBytes.increment((double) bytes);
  }
}
