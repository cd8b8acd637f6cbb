package com.example;

import io.headwater.analytics.api.OwnTopology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Tells of sensors that have not sent a reading for five seconds, by the clock, and of those that
 * are back: records in the topic {@code silent-sensors} with the sensor as key and {@code silent} or
 * {@code back} as value. A declared query could not: it hears of a sensor only when it sends.
 */
public final class SilentSensors implements OwnTopology {
  private static final String LAST = "last"; // by sensor, when it was heard last; negative: it is silent
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Override
  public String name() {
    return "silent-sensors";
  }

  @Override
  public Set<String> topics() {
    return Set.of("readings", "silent-sensors");
  }

  @Override
  public Topology topology(Properties config) {
    var builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(LAST), Serdes.String(), Serdes.Long()));
    builder.stream("readings", Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .process(Watch::new, LAST)
        .to("silent-sensors", Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  private static final class Watch implements Processor<String, byte[], String, String> {
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, Long> last;

    @Override
    public void init(ProcessorContext<String, String> context) {
      this.context = context;
      last = context.getStateStore(LAST);
      context.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, this::look);
    }

    @Override
    public void process(Record<String, byte[]> reading) {
      if (reading.key() == null) {
        return;
      }
      long now = context.currentSystemTimeMs();
      Long before = last.get(reading.key());
      last.put(reading.key(), now);
      if (before != null && before < 0) {
        context.forward(new Record<>(reading.key(), "back", now));
      }
    }

    private void look(long now) {
      var silent = new ArrayList<KeyValue<String, Long>>();
      try (var sensors = last.all()) {
        while (sensors.hasNext()) {
          KeyValue<String, Long> sensor = sensors.next();
          if (sensor.value >= 0 && now - sensor.value > PATIENCE.toMillis()) {
            silent.add(sensor);
          }
        }
      }
      for (KeyValue<String, Long> sensor : silent) {
        last.put(sensor.key, -sensor.value);
        context.forward(new Record<>(sensor.key, "silent", now));
      }
    }
  }
}
