package io.headwater.sim;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A block of lines at the foot of the terminal that is drawn anew each second; what is said scrolls
 * above it. ANSI's cursor movements only.
 */
final class LiveView implements RunView {
  private static final int BAR = 30;

  private final PrintWriter out;
  private final Rates rates = new Rates();
  private List<String> block = List.of();

  LiveView(PrintWriter out) {
    this.out = out;
  }

  @Override
  public synchronized void status(Status status) {
    List<String> lines = lines(status, rates.since(status));
    erase();
    block = lines;
    draw();
  }

  @Override
  public synchronized void say(String line) {
    erase();
    out.println(line);
    draw();
  }

  /** The last block stays on the screen. */
  @Override
  public synchronized void end() {
    block = List.of();
    out.flush();
  }

  private void erase() {
    if (!block.isEmpty()) {
      // Up to the block's first line, and clear from there on.
      out.print("\u001b[%dA\r\u001b[J".formatted(block.size()));
    }
  }

  private void draw() {
    if (!block.isEmpty()) {
      // Lines are cut at the right edge: one that wraps would count as two on the way up.
      out.print("\u001b[?7l");
      block.forEach(out::println);
      out.print("\u001b[?7h");
    }
    out.flush();
  }

  static List<String> lines(Status status, Rates.PerSecond rates) {
    var counts = status.counts();
    var lines = new ArrayList<String>();
    lines.add("");
    lines.add(
        "  %s  %s"
            .formatted(
                status
                    .length()
                    .map(length -> progress(status.second(), length))
                    .orElseGet(() -> clock(status.second())),
                status.phase()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  devices   %,d connected   published %,d/s   acknowledged %,d/s   in flight %,d",
            counts.connected(),
            rates.published(),
            rates.acknowledged(),
            counts.inFlight()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  far end   arrived %,d/s   on the way %,d   connections lost %,d",
            rates.arrived(),
            status.onTheWay(),
            counts.connectionsLost()));
    lines.add(
        "  latency   to acknowledged %s   to arrived %s"
            .formatted(
                percentiles(status.acknowledgedLatency()), percentiles(status.arrivedLatency())));
    lines.add(
        "  faults    " + (status.faults().isEmpty() ? "none" : String.join(", ", status.faults())));
    return lines;
  }

  private static String percentiles(Latency latency) {
    return latency.count() == 0
        ? "–"
        : String.format(
            Locale.ROOT,
            "p50 %.0f p99 %.0f max %.0f ms",
            latency.p50(),
            latency.p99(),
            latency.max());
  }

  private static String progress(long second, Duration length) {
    long whole = Math.max(1, length.toSeconds());
    long done = Math.min(second, whole);
    int filled = (int) (BAR * done / whole);
    return "[%s%s] %s of %s, %s left"
        .formatted(
            "=".repeat(filled),
            "-".repeat(BAR - filled),
            clock(done),
            clock(whole),
            clock(whole - done));
  }

  private static String clock(long seconds) {
    return "%d:%02d".formatted(seconds / 60, seconds % 60);
  }
}
