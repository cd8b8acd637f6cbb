package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What 2,000 idle connections add to the resident memory of a broker that has just started. */
record IdleRow() implements Row {
  private static final int CONNECTIONS = 2_000;
  private static final double MOST_MEGABYTES = 40;

  @Override
  public String name() {
    return "idle-2000";
  }

  @Override
  public boolean isFresh() {
    return true;
  }

  @Override
  public Figures measure(Installation installation, Clients clients, int seconds)
      throws IOException, InterruptedException {
    TimeUnit.SECONDS.sleep(2);
    double before = installation.broker().residentMegabytes();
    var open = new ArrayList<Clients.Open>();
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        open.add(clients.connect(installation.port(), "idle-" + i, true, Connection.IDLE));
      }
      TimeUnit.SECONDS.sleep(2);
      double with = installation.broker().residentMegabytes();
      return Figures.of("idle RSS MB", before).and("added MB", with - before);
    } finally {
      open.forEach(Clients.Open::close);
    }
  }

  @Override
  public List<Target> targets() {
    return List.of(new Target("added MB", false, MOST_MEGABYTES));
  }
}
