package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long a message takes to one of 1,000 connections with 10 subscriptions each, at 2,000
 * publishes a second, from when it was due to be published.
 */
final class DeliveryRow implements Row {
  private static final int SUBSCRIBERS = 1_000;
  private static final int FILTERS = 10;
  private static final int PER_SECOND = 2_000;
  private static final double MOST_MILLIS = 20;

  private final Histogram took = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
  private long delivered;

  @Override
  public String name() {
    return "delivery-1000x10";
  }

  /** They stay connected over all rounds. */
  @Override
  public void prepare(Installation installation, Clients clients)
      throws IOException, InterruptedException {
    var use =
        new Connection.Use() {
          @Override
          public void delivered(ByteBuf payload) {
            took.recordValue(Math.max(0, System.nanoTime() - payload.readLong()));
            delivered++;
          }
        };
    for (int i = 0; i < SUBSCRIBERS; i++) {
      var filters = new ArrayList<String>();
      for (int k = 0; k < FILTERS; k++) {
        filters.add("site/" + i + "/" + k + "/+");
      }
      clients.connect(installation.port(), "subscriber-" + i, true, use).subscribe(filters);
    }
  }

  @Override
  public Figures measure(Installation installation, Clients clients, int seconds)
      throws IOException, InterruptedException {
    clients
        .loop()
        .submit(() -> {
          took.reset();
          delivered = 0;
        })
        .syncUninterruptibly();
    Broker broker = installation.broker();
    double cpu = broker.cpuSeconds();
    new PacedPublishers(
            clients,
            PER_SECOND,
            PublishRow.BYTES,
            i -> "site/" + (i * 7L % SUBSCRIBERS) + "/" + (i / SUBSCRIBERS % FILTERS) + "/value")
        .run(installation.port(), PublishRow.CONNECTIONS, seconds);
    long all = (long) PER_SECOND * seconds;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (clients.loop().submit(() -> delivered).syncUninterruptibly().getNow() < all
        && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return clients
        .loop()
        .submit(() ->
            Figures.of("p50 ms", took.getValueAtPercentile(50) / 1e6)
                .and("p99 ms", took.getValueAtPercentile(99) / 1e6)
                .and("max ms", took.getMaxValue() / 1e6)
                .and("missing", (double) (all - delivered))
                .and("CPU s/million", (broker.cpuSeconds() - cpu) / all * 1e6)
                .and("RSS MB", broker.residentMegabytes()))
        .syncUninterruptibly()
        .getNow();
  }

  @Override
  public List<Target> targets() {
    return List.of(new Target("p99 ms", false, MOST_MILLIS), new Target("missing", false, 0));
  }
}
