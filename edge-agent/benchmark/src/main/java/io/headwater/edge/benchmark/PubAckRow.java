package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.io.IOException;
import java.util.List;
import org.HdrHistogram.Histogram;

/** How long a PUBACK takes at 5,000 publishes of 200 B a second, from when each was due. */
record PubAckRow() implements Row {
  private static final int PER_SECOND = 5_000;
  private static final double MOST_MILLIS = 25;

  @Override
  public String name() {
    return "puback-5000";
  }

  @Override
  public Figures measure(Installation installation, Clients clients, int seconds)
      throws IOException, InterruptedException {
    Broker broker = installation.broker();
    double cpu = broker.cpuSeconds();
    Histogram took =
        new PacedPublishers(
                clients, PER_SECOND, PublishRow.BYTES, i -> "bench/" + (i % PublishRow.CONNECTIONS))
            .run(installation.port(), PublishRow.CONNECTIONS, seconds);
    return Figures.of("p50 ms", took.getValueAtPercentile(50) / 1e6)
        .and("p99 ms", took.getValueAtPercentile(99) / 1e6)
        .and("max ms", took.getMaxValue() / 1e6)
        .and("CPU s/million", (broker.cpuSeconds() - cpu) / PER_SECOND / seconds * 1e6)
        .and("RSS MB", broker.residentMegabytes());
  }

  @Override
  public List<Target> targets() {
    return List.of(new Target("p99 ms", false, MOST_MILLIS));
  }
}
