package io.headwater.hub.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process with ZooKeeper in it is killed; topics that were created must be there again. */
@Timeout(120)
class ZooKeeperCrashIT {
  private static final int ROUNDS = 3;

  @TempDir Path temp;

  @Test
  void everyCreatedTopicSurvivesSigkillAndNoProducerIdComesTwice() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    Path folder = temp.resolve("zookeeper");
    Map<String, String> created = new HashMap<>();
    long highestId = -1;
    for (int round = 0; round < ROUNDS; round++) {
      List<String> done = workUntilKilled(folder, "round" + round + "-", random);
      for (String line : done) {
        String[] words = line.split(" ");
        if (words[0].equals("topic")) {
          created.put(words[1], words[2]);
        } else {
          assertThat(Long.parseLong(words[1])).as("%s", seed).isGreaterThan(highestId);
          highestId = Long.parseLong(words[1]);
        }
      }
    }
    try (var zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0));
        var catalog = DyingCatalog.catalog(zookeeper)) {
      created.forEach((name, id) ->
          assertThat(catalog.current().topic(name))
              .as("%s, %s", name, seed)
              .hasValueSatisfying(topic -> assertThat(topic.id()).hasToString(id)));
      // At most the one under way at each kill was created and not told.
      assertThat(catalog.current().topics()).hasSizeLessThanOrEqualTo(created.size() + ROUNDS);
      assertThat(catalog.nextProducerIdBlock().join().firstProducerId()).isGreaterThan(highestId);
      assertThat(catalog.current().brokers()).containsOnlyKeys(1);
    }
  }

  private List<String> workUntilKilled(Path folder, String prefix, SplittableRandom random) {
    try (var child =
        ChildProcess.start(
            temp,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            DyingCatalog.class.getName(),
            folder.toString(),
            prefix)) {
      child.awaitReady(Duration.ofSeconds(40));
      int changes = 10 + random.nextInt(60);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5 + random.nextInt(20)))
          .until(() -> done(child.output()).size() >= changes);
      child.kill();
      return done(child.output());
    }
  }

  /** Whole lines only: the last may have been cut by the kill. */
  private static List<String> done(String output) {
    return output
        .substring(0, output.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.startsWith("topic ") || line.startsWith("ids "))
        .toList();
  }
}
