package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The window on links that are there in numbers only. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SendWindowTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LIVE_BYTES = 300;

  private record Sent(long bytes, long sentNanos, long arrivesNanos, boolean live) {}

  /** A link of some bandwidth and length to a bridge that commits what has come, all at once. */
  private static final class Link {
    private double bytesPerSecond;
    private long oneWayNanos;
    private long commitNanos = 5 * MILLI;
    private double commitNanosPerByte;

    private final SendWindow window;
    private final boolean bounded;
    private final ArrayDeque<Sent> underWay = new ArrayDeque<>();
    private final List<Sent> committing = new ArrayList<>();
    private final List<Long> liveDelays = new ArrayList<>();
    private long committedAt = -1;
    private long now;
    private long freeAt;
    private long bytesUnderWay;
    private long backfilled;
    private long nextLive;

    Link(double bytesPerSecond, long oneWayMillis, boolean bounded) {
      this.bytesPerSecond = bytesPerSecond;
      this.oneWayNanos = oneWayMillis * MILLI;
      this.bounded = bounded;
      this.window = new SendWindow(0);
    }

    /** A backlog without end, and a live reading each 100 ms. */
    void run(long seconds) {
      for (long end = now + TimeUnit.SECONDS.toNanos(seconds); now < end; now += MILLI) {
        commit();
        if (now >= nextLive && mayGo(Urgency.PROMPT)) {
          send(LIVE_BYTES, true);
          nextLive += 100 * MILLI;
        }
        while (mayGo(Urgency.SPARE)) {
          send(bounded ? window.batchBytes() : 50_000, false);
        }
      }
    }

    private boolean mayGo(Urgency urgency) {
      return bounded
          ? window.hasRoom(urgency, bytesUnderWay, now)
          : bytesUnderWay < 2 << 20; // a bridge's credit
    }

    private void send(long bytes, boolean live) {
      freeAt = Math.max(freeAt, now) + (long) (bytes * 1e9 / bytesPerSecond);
      underWay.add(
          new Sent(bytes, live ? Math.min(now, nextLive) : now, freeAt + oneWayNanos, live));
      bytesUnderWay += bytes;
    }

    private void commit() {
      if (!committing.isEmpty() && now >= committedAt + oneWayNanos) {
        for (Sent sent : committing) {
          bytesUnderWay -= sent.bytes;
          window.answered(sent.sentNanos, now);
          if (sent.live) {
            liveDelays.add(now - sent.sentNanos);
          } else {
            backfilled += sent.bytes;
          }
        }
        committing.clear();
      }
      if (committing.isEmpty()) {
        double bytes = 0;
        while (!underWay.isEmpty() && underWay.getFirst().arrivesNanos <= now) {
          Sent sent = underWay.removeFirst();
          committing.add(sent);
          bytes += sent.bytes;
        }
        committedAt = now + commitNanos + (long) (bytes * commitNanosPerByte);
      }
    }

    void forgetMeasurements() {
      liveDelays.clear();
      backfilled = 0;
    }

    long liveP99Millis() {
      List<Long> sorted = liveDelays.stream().sorted().toList();
      return sorted.get(sorted.size() * 99 / 100) / MILLI;
    }

    double backfilledPerSecond(long seconds) {
      return backfilled / (double) seconds;
    }
  }

  private static Link measured(Link link, long seconds) {
    link.run(10);
    link.forgetMeasurements();
    link.run(seconds);
    return link;
  }

  @Test
  void liveReadingsDoNotWaitForWhatIsInASlowLink() {
    Link link = measured(new Link(50_000, 25, true), 120);

    assertThat(link.liveP99Millis()).isLessThan(1_000);
    assertThat(link.backfilledPerSecond(120)).isGreaterThan(0.8 * 50_000);
  }

  /** What the test above would see without a window: it can fail. */
  @Test
  void withoutAWindowTheyWaitForAWholeCredit() {
    Link link = measured(new Link(50_000, 25, false), 120);

    assertThat(link.liveP99Millis()).isGreaterThan(10_000);
  }

  @Test
  void longLinkIsFilled() {
    Link link = measured(new Link(1_000_000, 300, true), 120);

    assertThat(link.backfilledPerSecond(120)).isGreaterThan(0.8 * 1_000_000);
    assertThat(link.liveP99Millis()).isLessThan(2_500);
  }

  /** Each commit costs something, so larger ones carry more: the window leaves room for that. */
  @Test
  void bridgeThatCommitsManyAtOnceIsKeptBusy() {
    var link = new Link(100_000_000, 0, true);
    link.commitNanos = 10 * MILLI;
    link.commitNanosPerByte = 500; // 2 MB/s at most
    measured(link, 60);

    assertThat(link.backfilledPerSecond(60)).isGreaterThan(0.8 * 2_000_000);
    assertThat(link.liveP99Millis()).isLessThan(500);
  }

  @Test
  void linkThatBecomesSlowIsSoonUsedAsOne() {
    Link link = measured(new Link(500_000, 25, true), 20);
    link.bytesPerSecond = 30_000;
    link.run(30);
    link.forgetMeasurements();
    link.run(60);

    assertThat(link.liveP99Millis()).isLessThan(1_000);
    assertThat(link.backfilledPerSecond(60)).isGreaterThan(0.8 * 30_000);
  }

  /** Only a measurement without a queue tells a longer way from a fuller one. */
  @Test
  void linkThatBecomesLongIsSoonFilledAgain() {
    Link link = measured(new Link(1_000_000, 5, true), 20);
    link.oneWayNanos = 400 * MILLI;
    link.run(90);
    link.forgetMeasurements();
    link.run(60);

    assertThat(link.backfilledPerSecond(60)).isGreaterThan(0.7 * 1_000_000);
  }

  @Test
  void windowStaysWhereItIsWhileLittleIsSent() {
    var window = new SendWindow(0);
    long before = window.bytes();
    for (long i = 1; i < 100; i++) {
      assertThat(window.hasRoom(Urgency.PROMPT, 0, i * 100 * MILLI)).isTrue();
      window.answered(i * 100 * MILLI, (i * 100 + 20) * MILLI);
    }

    assertThat(window.bytes()).isEqualTo(before);
  }
}
