package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the card is written for a byte of payload, and how long a PUBACK takes, by {@code
 * log.linger}: readings of 200 bytes at QoS 1, class {@code fsync}, of four clients. What is
 * written is what the block device counts, the file system's journal with it, and all else that
 * writes there meanwhile: nothing else should. Printed as lines that begin with {@code flash:}. Not
 * part of the build: {@code -Dit.test=FlashRun -Dheadwater.flash.seconds=60}.
 */
@Timeout(600)
class FlashRun {
  private static final int SECONDS = Integer.getInteger("headwater.flash.seconds", 30);
  private static final int WARM_SECONDS = 10;
  private static final int CLIENTS = 4;
  private static final int SIZE = 200;
  private static final int SECTOR = 512;

  @TempDir private Path folder;

  /** Sends at its rate, and notes when each is acknowledged. */
  private static final class Sender {
    private final RawClient client;
    private final long[] sent = new long[1 << 16];
    private final List<Long> micros = new ArrayList<>();
    private volatile long countFromNanos = Long.MAX_VALUE;
    private volatile boolean ends;
    private final AtomicLong acknowledged = new AtomicLong();

    Sender(int port, int number) throws IOException {
      client = RawClient.open(port).connected(4, "flash-" + number);
    }

    void send(int number, double aSecond) {
      String payload = "x".repeat(SIZE - 20);
      long began = System.nanoTime();
      try {
        for (int i = 0; !ends; i++) {
          LockSupport.parkNanos(began + (long) (i * 1e9 / aSecond) - System.nanoTime());
          int id = 1 + i % 60_000;
          sent[id] = System.nanoTime();
          client.send(RawClient.publish(4, 1, id, "s/" + number, "%020d".formatted(i) + payload));
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    void receive() {
      try {
        while (!ends) {
          String packet = client.receive();
          assertThat(packet).startsWith("4002");
          long now = System.nanoTime();
          long since = sent[Integer.parseInt(packet.substring(4), 16)];
          acknowledged.incrementAndGet();
          if (since >= countFromNanos) {
            micros.add(TimeUnit.NANOSECONDS.toMicros(now - since));
          }
        }
      } catch (IOException e) {
        assertThat(ends).as("%s", e).isTrue();
      }
    }
  }

  /** Bytes that were ever written to the device that the folder is on. */
  private static long written(Path folder) throws Exception {
    Process sync = new ProcessBuilder("sync", "-f", folder.toString()).inheritIO().start();
    assertThat(sync.waitFor()).isZero();
    var device = (Long) Files.getAttribute(folder, "unix:dev");
    long major = (device >> 8) & 0xfff;
    long minor = (device & 0xff) | ((device >> 12) & 0xfff00);
    String stat = Files.readString(Path.of("/sys/dev/block/" + major + ":" + minor + "/stat"));
    return Long.parseLong(stat.strip().split(" +")[6]) * SECTOR;
  }

  @SuppressWarnings("SystemOut") // for whoever measures
  private static void tell(String text) {
    System.out.println("flash: " + text);
  }

  @ParameterizedTest
  @CsvSource({"1000, 100ms", "5000, 20ms", "1000, 0", "1000, 50ms", "5000, 0", "5000, 50ms"})
  void bytesWrittenForAByte(int rate, String linger) throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("edge.yaml"),
            """
            data: %s
            listen: {mqtt: "127.0.0.1:0"}
            http: 127.0.0.1:0
            log: {linger: %s}
            uplink: {bridges: ["localhost:1"]}
            routes:
              - {topic: "s/#", stream: s, key: k}
            """
                .formatted(folder.resolve("edge"), linger));
    try (ChildProcess agent = Headwater.start(folder, "edge", "--config=" + config)) {
      String address = agent.awaitReady(Duration.ofSeconds(30)).getOrDefault("mqtt", "");
      int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      var senders = new ArrayList<Sender>();
      var threads = new ArrayList<Thread>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        var sender = new Sender(port, number);
        senders.add(sender);
        threads.add(Thread.ofPlatform().start(() -> sender.send(number, (double) rate / CLIENTS)));
        threads.add(Thread.ofPlatform().start(sender::receive));
      }
      TimeUnit.SECONDS.sleep(WARM_SECONDS);
      long before = written(folder);
      long acknowledged = senders.stream().mapToLong(each -> each.acknowledged.get()).sum();
      senders.forEach(each -> each.countFromNanos = System.nanoTime());
      TimeUnit.SECONDS.sleep(SECONDS);
      long readings =
          senders.stream().mapToLong(each -> each.acknowledged.get()).sum() - acknowledged;
      long bytes = written(folder) - before;
      for (Sender sender : senders) {
        sender.ends = true;
        sender.client.close();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      long[] micros =
          senders.stream()
              .flatMapToLong(each -> each.micros.stream().mapToLong(Long::longValue))
              .sorted()
              .toArray();
      tell(
          "%d/s, linger %s: %.2f bytes written for a byte of payload; PUBACK p50 %.1f, p99 %.1f ms"
              .formatted(
                  rate,
                  linger,
                  (double) bytes / (readings * SIZE),
                  quantile(micros, 0.5),
                  quantile(micros, 0.99)));
      assertThat(readings).isGreaterThan((long) (0.9 * rate * SECONDS));
      assertThat(LongStream.of(micros).count()).isPositive();
    }
  }

  private static double quantile(long[] sorted, double share) {
    return Arrays.stream(sorted).skip((long) (share * (sorted.length - 1))).findFirst().orElse(0)
        / 1000.0;
  }
}
