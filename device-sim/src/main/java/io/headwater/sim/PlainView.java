package io.headwater.sim;

import java.io.PrintWriter;

/** A line a second, for files and pipes. */
final class PlainView implements RunView {
  private final PrintWriter out;
  private final Rates rates = new Rates();

  PlainView(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void status(Status status) {
    Rates.PerSecond now = rates.since(status);
    say(
        "%4d s  %s  %d connected  published %d/s  arrived %d/s  unacknowledged %d  on the way %d"
                .formatted(
                    status.second(),
                    status.phase(),
                    status.counts().connected(),
                    now.published(),
                    now.arrived(),
                    status.counts().inFlight(),
                    status.onTheWay())
            + "  p99 %.0f/%.0f ms"
                .formatted(status.acknowledgedLatency().p99(), status.arrivedLatency().p99())
            + (status.faults().isEmpty() ? "" : "  " + String.join(", ", status.faults())));
  }

  @Override
  public synchronized void say(String line) {
    out.println(line);
    out.flush();
  }
}
