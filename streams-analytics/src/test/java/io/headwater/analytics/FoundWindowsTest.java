package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.headwater.analytics.FoundWindows.Window;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FoundWindowsTest {
  @Test
  void keepsTheNewestAndTellsThatThereWereMore() {
    var windows = new FoundWindows(3);
    for (long start : List.of(5L, 1L, 4L, 2L, 3L)) {
      windows.add(window(start, "a"));
    }

    assertThat(windows.oldestFirst()).extracting(Window::start).containsExactly(3L, 4L, 5L);
    assertThat(windows.isTruncated()).isTrue();
    assertThat(windows.wants(2)).isFalse();
    assertThat(windows.wants(3)).isTrue();
  }

  @Test
  void isWholeUpToTheLimit() {
    var windows = new FoundWindows(2);
    windows.add(window(1, "b"));
    windows.add(window(1, "a"));

    assertThat(windows.oldestFirst()).extracting(Window::key).containsExactly("a", "b");
    assertThat(windows.isTruncated()).isFalse();
  }

  private static Window window(long start, String key) {
    return new Window(start, key, JsonNodeFactory.instance.nullNode());
  }
}
