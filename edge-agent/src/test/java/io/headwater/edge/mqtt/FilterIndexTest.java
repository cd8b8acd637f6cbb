package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class FilterIndexTest {
  private static final List<String> LEVELS = List.of("a", "b", "", "+", "$x");

  private record Reader(int number) implements FeedReader {
    @Override
    public void pump() {}

    @Override
    public void tick() {}
  }

  private static String name(SplittableRandom random, boolean filter) {
    var levels = new ArrayList<String>();
    for (int i = 0; i <= random.nextInt(4); i++) {
      String level = LEVELS.get(random.nextInt(LEVELS.size()));
      levels.add(level.equals("+") && !filter ? "c" : level);
    }
    if (filter && random.nextInt(4) == 0) {
      levels.add("#");
    }
    return String.join("/", levels);
  }

  @Test
  void findsWhoeverHasAFilterThatFitsAndForgetsWhoeverIsGone() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var index = new FilterIndex();
    var filters = new HashMap<Reader, Set<String>>();
    for (int i = 0; i < 5_000; i++) {
      var reader = new Reader(random.nextInt(20));
      String filter = name(random, true);
      Set<String> own = filters.computeIfAbsent(reader, _ -> new HashSet<>());
      if (random.nextInt(3) > 0) {
        own.add(filter);
        index.add(filter, reader);
      } else if (!own.isEmpty()) {
        String gone = own.iterator().next();
        own.remove(gone);
        index.remove(gone, reader);
      }
      String topic = name(random, false);
      var found = new HashSet<FeedReader>();
      index.find(topic, found);
      for (Map.Entry<Reader, Set<String>> each : filters.entrySet()) {
        boolean fits = each.getValue().stream().anyMatch(one -> Subscriptions.matches(one, topic));
        if (fits || !topic.startsWith("$")) { // there it may name one too many
          assertThat(found.contains(each.getKey()))
              .as("topic %s, filters %s, step %s; %s", topic, each.getValue(), i, seed)
              .isEqualTo(fits);
        }
      }
    }
    filters.forEach((reader, own) -> own.forEach(filter -> index.remove(filter, reader)));
    var found = new HashSet<FeedReader>();
    index.find("a", found);
    assertThat(found).as("%s", seed).isEmpty();
  }
}
