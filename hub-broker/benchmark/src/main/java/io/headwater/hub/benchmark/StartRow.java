package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;

/** From the start of the process on an empty folder to the first acknowledged record. */
record StartRow(String name, List<Target> targets) implements Row {
  @Override
  public void prepare(Installation installation) {}

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    try (Installation fresh = Installation.prepare(installation.subject(), installation.folder())) {
      long started = System.nanoTime();
      Broker broker = fresh.launch();
      Map<String, Object> eager =
          Map.of(
              "reconnect.backoff.ms", 10, "reconnect.backoff.max.ms", 20, "retry.backoff.ms", 10);
      try (var producer = Clients.producer(broker, eager)) {
        producer.send(new ProducerRecord<>("first", new byte[100])).get(60, TimeUnit.SECONDS);
        double seconds = (System.nanoTime() - started) / 1e9;
        return Figures.of("start s", seconds)
            .and("start CPU s", broker.cpuSeconds())
            .and("started, resident MB", broker.residentMegabytes());
      }
    }
  }
}
