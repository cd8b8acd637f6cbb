package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** One record to each of many partitions; a start after a clean stop, and one after SIGKILL. */
record ManyPartitionsRow(String name, int partitions, List<Target> targets) implements Row {
  private static final String TOPIC = "many";

  @Override
  public void prepare(Installation installation) throws Exception {
    Clients.createTopic(installation.broker(), TOPIC, partitions, Map.of());
  }

  @Override
  public Figures measure(Installation installation, int round, Duration time) throws Exception {
    double toEach = sendToEach(installation.broker());
    double heap = heapMegabytes(installation.broker());
    installation.stop();
    double clean = installation.start();
    sendToEach(installation.broker());
    installation.kill();
    double unclean = installation.start();
    return Figures.of("one record to each s", toEach)
        .and("clean start s", clean)
        .and("start after SIGKILL s", unclean)
        .and("heap MB", heap)
        .and("resident MB", installation.broker().residentMegabytes());
  }

  private double sendToEach(Broker broker) throws Exception {
    try (var producer = Clients.producer(broker, Map.of("linger.ms", 5))) {
      producer.partitionsFor(TOPIC);
      long started = System.nanoTime();
      List<Future<RecordMetadata>> sent = new ArrayList<>(partitions);
      for (int i = 0; i < partitions; i++) {
        sent.add(producer.send(new ProducerRecord<>(TOPIC, i, null, new byte[100])));
      }
      for (Future<RecordMetadata> one : sent) {
        one.get(120, TimeUnit.SECONDS);
      }
      return (System.nanoTime() - started) / 1e9;
    }
  }

  /** What is live after a collection. */
  private static double heapMegabytes(Broker broker) throws Exception {
    var jcmd =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/jcmd",
                Long.toString(broker.pid()),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String output =
        new String(jcmd.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    jcmd.waitFor();
    String total =
        output
            .lines()
            .filter(line -> line.startsWith("Total"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no histogram: " + output));
    return Long.parseLong(total.strip().split("\\s+")[2]) / 1e6;
  }
}
