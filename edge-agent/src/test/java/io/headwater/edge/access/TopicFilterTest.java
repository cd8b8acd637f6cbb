package io.headwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TopicFilterTest {
  private static boolean fits(String filter, String topic) {
    return TopicFilter.of(filter).matches(topic);
  }

  @Test
  void matchesAsTheStandardSays() {
    assertThat(fits("a/b", "a/b")).isTrue();
    assertThat(fits("a/b", "a/bc")).isFalse();
    assertThat(fits("a/bc", "a/b")).isFalse();
    assertThat(fits("a/+", "a/b")).isTrue();
    assertThat(fits("a/+", "a")).isFalse();
    assertThat(fits("a/+", "a/b/c")).isFalse();
    assertThat(fits("+/b", "a/b")).isTrue();
    assertThat(fits("a/#", "a")).isTrue();
    assertThat(fits("a/#", "a/b/c")).isTrue();
    assertThat(fits("a/#", "ab")).isFalse();
    assertThat(fits("#", "a/b")).isTrue();
    assertThat(fits("#", "$SYS/a")).isFalse();
    assertThat(fits("+/a", "$SYS/a")).isFalse();
    assertThat(fits("$SYS/#", "$SYS/a")).isTrue();
    assertThat(fits("+/+", "/a")).isTrue();
    assertThat(fits("a/+/c", "a//c")).isTrue();
  }

  @Test
  void knowsWhatIsAFilter() {
    for (String good : List.of("a", "+", "#", "a/#", "+/+/#", "/", "a b/c")) {
      assertThat(TopicFilter.isFilter(good)).as(good).isTrue();
    }
    for (String bad : List.of("", "a#", "#/a", "a/+b", "a\0b", "a/#/b")) {
      assertThat(TopicFilter.isFilter(bad)).as(bad).isFalse();
    }
  }

  private static String levels(RandomGenerator random, String... of) {
    int count = 1 + random.nextInt(3);
    var levels = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      levels.add(of[random.nextInt(of.length)]);
    }
    return String.join("/", levels);
  }

  /** Against all topics of up to four levels over a small alphabet. */
  @Test
  void coversAndMeetsAgreeWithWhatMatches() {
    var topics = new ArrayList<String>();
    for (String a : List.of("a", "b", "", "$x")) {
      topics.add(a);
      for (String b : List.of("a", "b", "")) {
        topics.add(a + "/" + b);
        for (String c : List.of("a", "b", "")) {
          topics.add(a + "/" + b + "/" + c);
          for (String d : List.of("a", "b", "")) {
            topics.add(a + "/" + b + "/" + c + "/" + d);
          }
        }
      }
    }
    Seed seed = Seed.next();
    RandomGenerator random = seed.random();
    for (int round = 0; round < 3_000; round++) {
      String left = levels(random, "a", "b", "+", "$x") + (random.nextInt(3) == 0 ? "/#" : "");
      String right = levels(random, "a", "b", "+", "$x") + (random.nextInt(3) == 0 ? "/#" : "");
      TopicFilter l = TopicFilter.of(left);
      TopicFilter r = TopicFilter.of(right);
      boolean both = topics.stream().anyMatch(each -> l.matches(each) && r.matches(each));
      boolean all = topics.stream().allMatch(each -> !r.matches(each) || l.matches(each));
      if (both) {
        assertThat(l.meets(r)).as("%s meets %s, %s", left, right, seed).isTrue();
      }
      if (l.covers(r)) {
        assertThat(all).as("%s covers %s, %s", left, right, seed).isTrue();
      }
      if (!left.contains("$") && !right.contains("$")) {
        assertThat(l.meets(r)).as("%s meets %s, %s", left, right, seed).isEqualTo(both);
        assertThat(l.covers(r)).as("%s covers %s, %s", left, right, seed).isEqualTo(all);
      }
    }
  }
}
