package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.process.Resources;
import io.headwater.testsupport.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SuspicionTest {
  private static final Duration SILENCE = Duration.ofSeconds(3);

  private final MemoryStore store = new MemoryStore();
  private final Resources parts = new Resources();

  @AfterEach
  void stop() {
    parts.close();
  }

  private enum Manner {
    ANSWERS,
    SAYS_NOTHING,
    CLOSES
  }

  /** A port at which a broker that is asked something behaves so. */
  private int listen(Manner manner) throws IOException {
    var server = parts.open("server", new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    parts.onClose("threads", threads::shutdownNow);
    threads.execute(() -> {
      while (!server.isClosed()) {
        try {
          Socket client = server.accept();
          threads.execute(() -> serve(client, manner));
        } catch (IOException _) {
          return; // closed
        }
      }
    });
    return server.getLocalPort();
  }

  private static void serve(Socket client, Manner manner) {
    try (client) {
      // Read before it is closed, or it would be reset.
      while (client.getInputStream().read(new byte[100]) >= 0 && manner != Manner.CLOSES) {
        if (manner == Manner.ANSWERS) {
          client.getOutputStream().write(0);
        }
      }
    } catch (IOException _) {
      // It has what it wanted.
    }
  }

  private StoredCatalog register(int id, int port) {
    var catalog =
        parts.open(
            "catalog",
            new StoredCatalog(
                store.session(),
                new TopicRules(new TopicConfigs(Map.of()), 1, 1),
                MemoryStore.groupConfigs(),
                id));
    catalog.register(new Broker(id, "127.0.0.1", port, null)).join();
    return catalog;
  }

  private void watch(StoredCatalog catalog, int id) {
    parts.open("suspicion", new Suspicion(catalog, id, SILENCE));
  }

  @Test
  void whoIsRefusedByTwoIsTakenForGoneLongBeforeHeIsSilent() throws Exception {
    StoredCatalog one = register(1, listen(Manner.ANSWERS));
    StoredCatalog two = register(2, listen(Manner.ANSWERS));
    register(3, FreePorts.take());
    watch(one, 1);
    await()
        .during(Duration.ofSeconds(1))
        .until(() -> store.load().brokers().size() == 3); // one witness
    long begun = System.nanoTime();
    watch(two, 2);
    await().atMost(Duration.ofSeconds(20)).until(() -> store.load().brokers().size() == 2);
    assertThat(System.nanoTime() - begun).isLessThan(SILENCE.toNanos());
    assertThat(store.load().brokers()).extracting(Broker::id).containsExactly(1, 2);
  }

  /** He may have been killed while he handed on what he led. */
  @Test
  void whoLeavesIsMissedAsLongAsHeLeadsSomething() throws Exception {
    StoredCatalog one = register(1, listen(Manner.ANSWERS));
    StoredCatalog two = register(2, listen(Manner.ANSWERS));
    StoredCatalog three = register(3, FreePorts.take());
    StoredCatalog four = register(4, FreePorts.take());
    one.create(new NewTopic("t", -1, -1, List.of(List.of(3)), Map.of()), false).join();
    three.leave().join();
    four.leave().join();
    watch(one, 1);
    watch(two, 2);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> store.load().brokers().stream().noneMatch(broker -> broker.id() == 3));
    await()
        .during(Duration.ofSeconds(1))
        .until(() -> store.load().brokers().stream().anyMatch(broker -> broker.id() == 4));
  }

  @Test
  void whoAcceptsAndSaysNothingIsTakenForGoneAfterASession() throws Exception {
    StoredCatalog one = register(1, listen(Manner.ANSWERS));
    StoredCatalog two = register(2, listen(Manner.ANSWERS));
    register(3, listen(Manner.SAYS_NOTHING));
    long begun = System.nanoTime();
    watch(one, 1);
    watch(two, 2);
    await().atMost(Duration.ofSeconds(30)).until(() -> store.load().brokers().size() == 2);
    assertThat(System.nanoTime() - begun).isGreaterThan(SILENCE.toNanos());
    assertThat(store.load().brokers()).extracting(Broker::id).containsExactly(1, 2);
  }

  @Test
  void whoClosesConnectionsIsTakenForGoneAfterAThirdOfASession() throws Exception {
    StoredCatalog one = register(1, listen(Manner.ANSWERS));
    StoredCatalog two = register(2, listen(Manner.ANSWERS));
    register(3, listen(Manner.CLOSES));
    long begun = System.nanoTime();
    watch(one, 1);
    watch(two, 2);
    await().atMost(Duration.ofSeconds(30)).until(() -> store.load().brokers().size() == 2);
    assertThat(System.nanoTime() - begun)
        .isBetween(SILENCE.dividedBy(3).toNanos(), SILENCE.toNanos());
  }

  /** Two that are cut off from three others must not have them dismissed. */
  @Test
  void whoHearsOnlyFewSuspectsNobodyForSilence() throws Exception {
    StoredCatalog one = register(1, listen(Manner.ANSWERS));
    StoredCatalog two = register(2, listen(Manner.ANSWERS));
    for (int id = 3; id <= 5; id++) {
      register(id, listen(Manner.SAYS_NOTHING));
    }
    watch(one, 1);
    watch(two, 2);
    await()
        .during(SILENCE.multipliedBy(2))
        .atMost(SILENCE.multipliedBy(3))
        .until(() -> store.load().brokers().size() == 5);
  }
}
