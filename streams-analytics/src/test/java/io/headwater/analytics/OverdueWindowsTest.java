package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class OverdueWindowsTest {
  private static final Bytes A = key("a");
  private static final Bytes B = key("b");

  private static Bytes key(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static OverdueWindows of(Window window, Overdue... readings) {
    var windows = new OverdueWindows(window);
    for (Overdue reading : readings) {
      windows.add(A, reading);
    }
    return windows;
  }

  @Test
  void hasTheWindowsOfAReadingThatHadClosedWhenItCame() {
    var window = new Window.Hopping(Duration.ofMillis(10), Duration.ofMillis(5), Duration.ZERO);
    OverdueWindows windows = of(window, new Overdue(107, 112, ""));

    assertThat(windows.has(A, 100, 110)).isTrue();
    assertThat(windows.has(A, 105, 115)).as("was still kept").isFalse();
    assertThat(windows.has(A, 95, 105)).as("without the reading").isFalse();
    assertThat(windows.has(B, 100, 110)).as("another key").isFalse();
    assertThat(windows.hasKey(A)).isTrue();
    assertThat(windows.hasKey(B)).isFalse();
    assertThat(windows.fromMs()).isLessThanOrEqualTo(97);
    assertThat(windows.toMs()).isGreaterThanOrEqualTo(117);
  }

  @Test
  void aSessionEndsWithItsLastReading() {
    OverdueWindows windows =
        of(new Window.Session(Duration.ofMillis(10), Duration.ZERO), new Overdue(107, 1_000, ""));

    assertThat(windows.has(A, 90, 107)).isTrue();
    assertThat(windows.has(A, 107, 107)).isTrue();
    assertThat(windows.has(A, 108, 200)).isFalse();
    assertThat(windows.has(A, 100, 990)).as("was still kept").isFalse();
  }

  /** The later one knows of more windows that had closed. */
  @Test
  void ofTwoReadingsOfOneTimeTheLaterComerCounts() {
    var window = new Window.Tumbling(Duration.ofMillis(10), Duration.ZERO);

    assertThat(of(window, new Overdue(1, 20, ""), new Overdue(1, 5, "")).has(A, 0, 10)).isTrue();
    assertThat(of(window, new Overdue(1, 5, ""), new Overdue(1, 20, "")).has(A, 0, 10)).isTrue();
    assertThat(of(window, new Overdue(1, 5, "")).has(A, 0, 10)).isFalse();
  }

  @Test
  void readingsThatLieFarApartAreComputedApart() {
    var window = new Window.Tumbling(Duration.ofMillis(10), Duration.ZERO);
    OverdueWindows windows = of(window, new Overdue(5_000, 9_000, ""), new Overdue(10, 9_000, ""));
    windows.add(B, new Overdue(100, 9_000, ""));

    List<OverdueWindows> parts = windows.apart(100);

    assertThat(parts).hasSize(2);
    assertThat(parts.getFirst().firstMs()).isEqualTo(10);
    assertThat(parts.getFirst().lastMs()).isEqualTo(100);
    assertThat(parts.getFirst().hasKey(B)).isTrue();
    assertThat(parts.getLast().has(A, 5_000, 5_010)).isTrue();
    assertThat(parts.getLast().hasKey(B)).isFalse();
    assertThat(windows.size()).isEqualTo(3);
  }
}
