package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How many publishes of 200 B a second are acknowledged to 8 connections with 100 under way each.
 *
 * @param subscriber whether there is a persistent session that wants them all, and is offline
 */
record PublishRow(String name, boolean subscriber) implements Row {
  static final int CONNECTIONS = 8;
  static final int WINDOW = 100;
  static final int BYTES = 200;
  private static final double LEAST = 30_000;

  @Override
  public void prepare(Installation installation, Clients clients)
      throws IOException, InterruptedException {
    if (subscriber) {
      subscribeAndLeave(installation, clients);
    }
  }

  static void subscribeAndLeave(Installation installation, Clients clients)
      throws IOException, InterruptedException {
    try (Clients.Open open =
        clients.connect(installation.port(), "offline", false, Connection.IDLE)) {
      open.subscribe(List.of("bench/#"));
    }
  }

  @Override
  public Figures measure(Installation installation, Clients clients, int seconds)
      throws IOException, InterruptedException {
    var took = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    var publishers = new ArrayList<WindowPublisher>();
    var open = new ArrayList<Clients.Open>();
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        var publisher = new WindowPublisher("bench/" + i, BYTES, WINDOW, 0, took);
        publishers.add(publisher);
        open.add(clients.connect(installation.port(), "publisher-" + i, true, publisher));
      }
      for (int i = 0; i < CONNECTIONS; i++) {
        int each = i;
        clients.loop().execute(() -> publishers.get(each).fill(open.get(each).channel()));
      }
      TimeUnit.MILLISECONDS.sleep(500);
      Broker broker = installation.broker();
      double cpu = broker.cpuSeconds();
      long before = acknowledged(publishers);
      long started = System.nanoTime();
      TimeUnit.SECONDS.sleep(seconds);
      long messages = acknowledged(publishers) - before;
      double time = (System.nanoTime() - started) / 1e9;
      double used = broker.cpuSeconds() - cpu;
      double resident = broker.residentMegabytes();
      clients.loop().submit(() -> publishers.forEach(WindowPublisher::end)).syncUninterruptibly();
      TimeUnit.MILLISECONDS.sleep(200);
      return Figures.of("msg/s", messages / time)
          .and("p99 ms", took.getValueAtPercentile(99) / 1e6)
          .and("CPU s/million", used / messages * 1e6)
          .and("RSS MB", resident);
    } finally {
      open.forEach(Clients.Open::close);
    }
  }

  static long acknowledged(List<WindowPublisher> publishers) {
    return publishers.stream().mapToLong(WindowPublisher::acknowledged).sum();
  }

  @Override
  public List<Target> targets() {
    return List.of(new Target("msg/s", true, LEAST));
  }
}
