package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What is lost of the acknowledged messages when the broker is killed under load: 8 connections
 * publish for a persistent session that is offline, SIGKILL, start, and the session's client comes
 * for them.
 */
record KillRow() implements Row {
  private static final long STRIDE = 1L << 32;
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(5);

  @Override
  public String name() {
    return "kill";
  }

  @Override
  public boolean isFresh() {
    return true;
  }

  /** What arrives. Confined to the event loop, but for {@link #lastNanos}. */
  private static final class Arrivals implements Connection.Use {
    private final List<BitSet> missing;
    private volatile long lastNanos = System.nanoTime();

    Arrivals(List<BitSet> missing) {
      this.missing = missing;
    }

    @Override
    public void delivered(ByteBuf payload) {
      long number = payload.readLong();
      missing.get((int) (number / STRIDE)).clear((int) (number % STRIDE));
      lastNanos = System.nanoTime();
    }

    long left() {
      return missing.stream().mapToLong(BitSet::cardinality).sum();
    }
  }

  @Override
  public Figures measure(Installation installation, Clients clients, int seconds)
      throws IOException, InterruptedException {
    PublishRow.subscribeAndLeave(installation, clients);
    var publishers = new ArrayList<WindowPublisher>();
    var open = new ArrayList<Clients.Open>();
    for (int i = 0; i < PublishRow.CONNECTIONS; i++) {
      var took = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
      var publisher =
          new WindowPublisher("bench/" + i, PublishRow.BYTES, PublishRow.WINDOW, i * STRIDE, took);
      publishers.add(publisher);
      open.add(clients.connect(installation.port(), "publisher-" + i, true, publisher));
    }
    for (int i = 0; i < open.size(); i++) {
      int each = i;
      clients.loop().execute(() -> publishers.get(each).fill(open.get(each).channel()));
    }
    TimeUnit.SECONDS.sleep(seconds);
    installation.kill();
    for (Clients.Open each : open) {
      Clients.await(each.connection().closed()); // all acknowledgements that came are read
    }
    long acknowledged = PublishRow.acknowledged(publishers);
    long killed = System.nanoTime();
    installation.start();
    double restart = (System.nanoTime() - killed) / 1e9;
    var arrivals =
        new Arrivals(publishers.stream().map(each -> (BitSet) each.known().clone()).toList());
    long lost;
    boolean present;
    try (Clients.Open back = clients.connect(installation.port(), "offline", false, arrivals)) {
      present = back.sessionPresent();
      do {
        TimeUnit.MILLISECONDS.sleep(100);
        lost = clients.loop().submit(arrivals::left).syncUninterruptibly().getNow();
      } while (lost > 0 && System.nanoTime() - arrivals.lastNanos < QUIET_NANOS);
    }
    return Figures.of("acknowledged", (double) acknowledged)
        .and("lost", (double) lost)
        .and("session kept", present ? 1 : 0)
        .and("restart s", restart);
  }

  @Override
  public List<Target> targets() {
    return List.of(new Target("lost", false, 0));
  }
}
