package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Conversation.CLEAN;
import static io.headwater.edge.mqtt.Conversation.QOS_1;
import static io.headwater.edge.mqtt.Conversation.connect5;
import static io.headwater.edge.mqtt.Conversation.packet;
import static io.headwater.edge.mqtt.Conversation.published;
import static io.headwater.edge.mqtt.Conversation.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.SmallFileSystem;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hard cases, each on a server of its own; {@code docs/mqtt-conformance.md} lists them all. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RawPacketCasesTest {
  @TempDir Path folder;

  private static RawClient fresh(TestServer server, String id) throws IOException {
    RawClient client = server.client().send(connect5(id, CLEAN, Conversation.WORDLESS, ""));
    assertThat(client.receive()).matches("20..0000.*");
    return client;
  }

  private static RawClient back(TestServer server, String id, boolean present) throws IOException {
    RawClient client = server.client().send(connect5(id, 0, Conversation.KEPT, ""));
    assertThat(client.receive()).matches(present ? "20..0100.*" : "20..0000.*");
    return client;
  }

  private static int packetId(String packet) {
    return Integer.parseInt(packet.substring(4, 8), 16);
  }

  @Test
  void publishAndCloseAtOnceIsCommittedAndDelivered() throws IOException {
    try (var server = new TestServer(folder);
        RawClient subscriber = fresh(server, "subscriber")) {
      Conversation.subscribe(subscriber, "t", 1);
      for (int i = 0; i < 50; i++) {
        try (RawClient client = server.client()) {
          client.send(connect5("c" + i, CLEAN, "", ""), Packets.publish(QOS_1, 1, "t", "v" + i));
        }
      }
      var delivered = new HashSet<String>();
      for (int i = 1; i <= 50; i++) {
        String packet = subscriber.receive();
        assertThat(packet).startsWith("32");
        delivered.add(
            "t="
                + new String(
                    Conversation.bytes(packet.substring(4 + 6 + 4 + 2)), StandardCharsets.UTF_8));
        subscriber.send(Packets.ack(0x40, i));
      }
      assertThat(delivered).hasSize(50);
      assertThat(server.rows()).hasSize(50).containsExactlyInAnyOrderElementsOf(delivered);
    }
  }

  @Test
  void publishOf20000BytesAndOneOfTheLimitPassAndOneByteMoreDoesNot() throws IOException {
    int largest = (int) MqttSettings.DEFAULTS.maxPacketSize().bytes() - 1 - 3 - 3 - 2 - 1;
    try (var server = new TestServer(folder);
        RawClient subscriber = fresh(server, "subscriber");
        RawClient client = fresh(server, "a")) {
      Conversation.subscribe(subscriber, "t", 1);
      int id = 0;
      for (int size : new int[] {20_000, largest}) {
        String payload = "x".repeat(size);
        client.send(Packets.publish(QOS_1, ++id, "t", payload));
        assertThat(client.receive()).isEqualTo("4002000" + id);
        assertThat(subscriber.receive())
            .hasSize(4 + 2 * (3 + 2 + 1 + size))
            .endsWith(RawClient.hex(payload));
      }
      assertThat(Packets.publish(QOS_1, 3, "t", "x".repeat(largest))).hasSize(256 << 10);
      client.send(Packets.publish(QOS_1, 3, "t", "x".repeat(largest + 1)));
      assertThat(client.receive()).matches("e0..95.*");
      assertThat(server.rows()).hasSize(2);
    }
  }

  @Test
  void writerThatStandsStillForThreeKeepAlivesCostsNoConnection() throws IOException {
    int most = MqttSettings.DEFAULTS.receiveMaximum();
    try (var server = new TestServer(folder);
        RawClient client =
            server
                .client()
                .send(packet(0x10, "00044d51545405" + "02" + "0001" + "00" + text("a")))) {
      assertThat(client.receive()).matches("20..0000.*");
      server.hold.set(true);
      for (int id = 1; id <= most; id++) {
        client.send(Packets.publish(QOS_1, id, "t", "v" + id));
      }
      Awaitility.await().until(() -> server.published.size() == most);
      int pings = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(4600)) { // 3 x 1.5 s
        client.send(RawClient.ping());
        pings++;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
      }
      for (int i = 0; i < most; i++) {
        server.letThrough(i);
      }
      int next = 1;
      int answered = 0;
      while (next <= most || answered < pings) {
        String packet = client.receive();
        if (packet.equals("d000")) {
          answered++;
        } else {
          assertThat(packet).as("in order").isEqualTo("4002%04x".formatted(next++));
        }
      }
      assertThat(server.rows()).hasSize(most).startsWith("t=v1").endsWith("t=v" + most);
    }
  }

  @Test
  void subscriberThatNeverReadsCostsNoMemoryAndNobodyElseATurn() throws IOException {
    int messages = 2000;
    String payload = "x".repeat(16 << 10); // 32 MB in all
    try (var server = new TestServer(folder);
        RawClient stuck1 = fresh(server, "stuck1");
        RawClient stuck0 = fresh(server, "stuck0");
        RawClient good = fresh(server, "good");
        RawClient publisher = fresh(server, "publisher")) {
      Conversation.subscribe(stuck1, "t", 1);
      Conversation.subscribe(stuck0, "t", 0);
      Conversation.subscribe(good, "t", 1);
      long before = 0;
      for (int i = 1; i <= messages; i++) {
        publisher.send(Packets.publish(QOS_1, 1, "t", payload));
        assertThat(publisher.receive()).isEqualTo("40020001");
        String packet = good.receive();
        assertThat(packet).startsWith("32").hasSizeGreaterThan(2 * payload.length());
        good.send(Packets.ack(0x40, Integer.parseInt(packet.substring(10, 14), 16)));
        server.published.clear(); // the test's own copy
        if (i == messages / 4) {
          before = memory();
        }
      }
      long grown = memory() - before;
      assertThat(grown).as("bytes for 24 MB that nobody has read").isLessThan(8 << 20);
      assertThat(server.registry.counter("edge.mqtt.dropped", "reason", "slow-subscriber").count())
          .as("messages at QoS 0 that found no room")
          .isGreaterThan(messages / 2.0);
      Conversation.assertSilent(publisher);
    }
  }

  /** On the heap and beside it, after a collection. */
  private static long memory() {
    ManagementFactory.getMemoryMXBean().gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
        + PlatformDependent.usedDirectMemory();
  }

  @Test
  void fullDiskInMidGroupAcknowledgesNothingThatIsNoRow() throws IOException {
    Path small = folder.resolve("small");
    try (SmallFileSystem disk = SmallFileSystem.mount(small, 4);
        var server = new TestServer(small, MqttSettings.DEFAULTS, TestServer.SMALL_FILES);
        RawClient client = fresh(server, "a")) {
      var committed = new ArrayList<String>();
      int refused = 0;
      int number = 0;
      for (int round = 0; round < 60 && refused == 0; round++) {
        if (round == 3) {
          disk.fill();
        }
        var sent = new ArrayList<byte[]>();
        int first = number;
        for (int id = 1; id <= 32; id++) {
          sent.add(Packets.publish(QOS_1, id, "t", number++ + "-" + "x".repeat(4000)));
        }
        client.send(sent.toArray(byte[][]::new));
        for (int id = 1; id <= 32; id++) {
          String answer = client.receive();
          assertThat(packetId(answer)).as("in order").isEqualTo(id);
          if (answer.startsWith("4002")) {
            committed.add("t=" + (first + id - 1) + "-" + "x".repeat(4000));
          } else {
            assertThat(answer).isEqualTo("4004%04x9700".formatted(id));
            refused++;
          }
        }
      }
      assertThat(refused).isPositive();
      assertThat(server.rows()).isEqualTo(committed);
      disk.free();
      Awaitility.await("room")
          .until(() -> {
            client.send(Packets.publish(QOS_1, 1, "t", "after"));
            return client.receive().equals("40020001");
          });
      assertThat(server.rows()).hasSize(committed.size() + 1).endsWith("t=after");
    }
  }

  /** Publishes until the log has that many files. */
  private static void fill(TestServer server, Path log, int files) throws IOException {
    try (RawClient client = fresh(server, "filler")) {
      for (int count = fileCount(log); count < files; count = fileCount(log)) {
        for (int i = 0; i < 30; i++) {
          client.send(Packets.publish(QOS_1, 1, "filling", "x".repeat(4000)));
          assertThat(client.receive()).isEqualTo("40020001");
        }
        int before = count;
        Awaitility.await("a new file").until(() -> fileCount(log) > before);
      }
    }
  }

  private static List<Path> files(Path log) {
    try (Stream<Path> entries = Files.list(log)) {
      return entries.filter(file -> file.toString().endsWith(".edgelog")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int fileCount(Path log) {
    return files(log).size();
  }

  @Test
  void retainedMessageAndSessionGoOverIntoNewFiles() throws IOException {
    try (var server = new TestServer(folder, MqttSettings.DEFAULTS, TestServer.SMALL_FILES)) {
      try (RawClient client = back(server, "pump", false);
          RawClient publisher = fresh(server, "publisher")) {
        Conversation.subscribe(client, "r/+", 1);
        publisher.send(Packets.publish(QOS_1 | 1, 1, "r/1", "kept"));
        assertThat(publisher.receive()).isEqualTo("40020001");
        assertThat(client.receive()).matches(published(QOS_1, 1, "r/1", "kept"));
      }
      fill(server, folder, 4);
      for (int i = 0; i < 2; i++) {
        try (RawClient client = back(server, "pump", true);
            RawClient late = fresh(server, "late")) {
          assertThat(client.receive()).matches(published(QOS_1 | 8, 1, "r/1", "kept"));
          Conversation.subscribe(late, "r/1", 1);
          assertThat(late.receive()).matches(published(QOS_1 | 1, 1, "r/1", "kept"));
        }
        server.restart();
      }
    }
  }

  @Test
  void damagedSealedFileBehindAnUncleanStopHoldsNobodyUp(@TempDir Path copy) throws IOException {
    try (var server = new TestServer(folder, MqttSettings.DEFAULTS, TestServer.SMALL_FILES)) {
      try (RawClient client = back(server, "pump", false)) {
        Conversation.subscribe(client, "#", 1);
      }
      fill(server, folder, 4);
      copy(folder, copy); // as a kill leaves it
    }
    Path sealed = files(copy).get(1);
    Files.write(sealed, new byte[(int) Files.size(sealed)], StandardOpenOption.WRITE);
    try (var server = new TestServer(copy, MqttSettings.DEFAULTS, TestServer.SMALL_FILES);
        RawClient publisher = fresh(server, "publisher")) {
      publisher.send(Packets.publish(QOS_1, 1, "t", "served"));
      assertThat(publisher.receive()).isEqualTo("40020001");
      try (RawClient client = back(server, "pump", true)) {
        var lengths = new ArrayList<Integer>();
        String packet = client.receive();
        while (!packet.endsWith(RawClient.hex("served"))) {
          lengths.add(packet.length());
          int topic = Integer.parseInt(packet.substring(4, 8), 16);
          int at = 8 + 2 * topic;
          client.send(Packets.ack(0x40, Integer.parseInt(packet.substring(at, at + 4), 16)));
          packet = client.receive();
        }
        assertThat(lengths).as("what the other files have").hasSizeGreaterThan(10);
      }
      assertThat(server.registry.counter("edge.mqtt.dropped", "reason", "backlog").count())
          .as("told as lost")
          .isPositive();
    }
  }

  /** The write-ahead log first: what it holds must not be checkpointed away in between. */
  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> entries = Files.list(from)) {
      for (Path entry :
          entries
              .sorted(Comparator.comparing(file -> !file.toString().endsWith("-wal")))
              .toList()) {
        if (!entry.toString().endsWith("-shm") && Files.isRegularFile(entry)) {
          Files.copy(entry, to.resolve(entry.getFileName()));
        }
      }
    }
  }

  @Test
  void newcomersAcrossLoopsQueueUpAndNothingTheyPublishIsLost() throws Exception {
    int rounds = 1000;
    try (var server = new TestServer(folder, 2)) {
      Set<String> answered = ConcurrentHashMap.newKeySet();
      var threads = new ArrayList<Thread>();
      var failures = new ConcurrentLinkedQueue<Throwable>();
      for (String which : new String[] {"left", "right"}) {
        threads.add(
            Thread.ofPlatform()
                .name("test-" + which)
                .start(() -> {
                  try {
                    for (int i = 0; i < rounds; i++) {
                      takeOver(server, which + i, answered);
                    }
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                }));
      }
      for (Thread each : threads) {
        each.join();
      }
      assertThat(failures).isEmpty();
      try (RawClient last = back(server, "one", true)) {
        Conversation.assertSilent(last);
        Awaitility.await()
            .untilAsserted(() -> assertThat(server.rows().size()).isEqualTo(2 * rounds));
      }
      assertThat(new HashSet<>(server.rows()).size()).as("none twice").isEqualTo(2 * rounds);
      assertThat(answered).as("acknowledged before it was taken over").isNotEmpty();
      assertThat(server.rows()).containsAll(answered);
    }
  }

  /** Connects, publishes at once, and stays for as long as an answer takes. */
  private static void takeOver(TestServer server, String payload, Set<String> answered)
      throws IOException {
    try (RawClient client = server.client()) {
      client.send(
          connect5("one", 0, Conversation.KEPT, ""), Packets.publish(QOS_1, 1, "t", payload));
      String packet = client.receive();
      assertThat(packet).matches("20..0[01]00.*|closed");
      while (!packet.equals("closed") && !packet.startsWith("e0")) {
        packet = client.receive();
        if (packet.equals("40020001")) {
          answered.add("t=" + payload);
          return;
        }
      }
    } catch (SocketException _) {
      // Reset: taken over before all was read.
    }
  }
}
