package io.headwater.sim.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.proxy.FaultProxy.Effect;
import io.headwater.sim.proxy.LinkFault.Bandwidth;
import io.headwater.sim.proxy.LinkFault.BlackHole;
import io.headwater.sim.proxy.LinkFault.Cut;
import io.headwater.sim.proxy.LinkFault.Delay;
import io.headwater.sim.proxy.LinkFault.HalfOpen;
import io.headwater.sim.proxy.LinkFault.Loss;
import io.headwater.sim.proxy.LinkFault.OneWay;
import io.headwater.testsupport.Seed;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
class FaultProxyTest {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Seed seed = Seed.next();
  private final StubTarget target = new StubTarget();
  private final FaultProxy proxy = new FaultProxy("test", ANY, target.address(), seed.value());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Socket> clients = new ArrayList<>();

  @AfterEach
  void closeAll() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
    proxy.close();
    target.close();
    threads.shutdownNow();
  }

  private Socket connect() throws IOException {
    var client = new Socket(proxy.address().host(), proxy.address().port());
    client.setSoTimeout(StubTarget.LIMIT_MILLIS);
    clients.add(client);
    return client;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String receive(Socket socket, int length) throws IOException {
    return new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
  }

  private static void assertPasses(Socket from, Socket to, String text) throws IOException {
    send(from, text);
    assertThat(receive(to, text.length())).isEqualTo(text);
  }

  /** As far as anybody can tell within a moment. */
  private static void assertNothingComes(Socket socket) throws IOException {
    socket.setSoTimeout(200);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(StubTarget.LIMIT_MILLIS);
  }

  private static void assertReset(ThrowingCallable reading) {
    assertThatThrownBy(reading)
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("Connection reset");
  }

  private static void assertReset(Socket socket) {
    assertReset(() -> {
      while (socket.getInputStream().read() >= 0) {
        // What had arrived before.
      }
    });
  }

  private void awaitOpen(int connections) {
    Awaitility.await().atMost(LIMIT).until(() -> proxy.counts().open() == connections);
  }

  @Test
  void passesBytesBothWaysAndTheEndOfEachDirection() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    assertPasses(client, server, "to the target");
    assertPasses(server, client, "to the client");
    send(client, "last words");
    client.shutdownOutput();
    assertThat(receive(server, 100)).isEqualTo("last words");
    assertPasses(server, client, "an answer after the end of the question");
    assertThat(proxy.counts().open()).isOne();
    server.close();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    awaitOpen(0);
    assertThat(proxy.counts()).isEqualTo(new FaultProxy.Counts(0, 1, 0, 23, 52));
  }

  @Test
  void passesAResetOnToEitherSide() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    client.setSoLinger(true, 0);
    client.close();
    assertReset(server);

    Socket other = connect();
    Socket otherServer = target.accept();
    otherServer.setSoLinger(true, 0);
    otherServer.close();
    assertReset(other);
    awaitOpen(0);
    assertThat(proxy.counts().resetByFaults()).isZero();
  }

  @Test
  void resetsTheClientWhenTheTargetRefuses() throws IOException {
    target.close();
    assertReset(() -> connect().getInputStream().read());
    awaitOpen(0);
  }

  @Test
  void namesTheHolderOfATakenPort() {
    assertThatThrownBy(() -> new FaultProxy("uplink", proxy.address(), target.address(), 1))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("uplink proxy port " + proxy.address().port() + " is in use by pid ")
        .hasMessageContaining("choose another port");
  }

  @Test
  void cutResetsWhatIsOpenAndWhatIsNewUntilItEnds() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    assertPasses(client, server, "before");
    try (Effect _ = proxy.apply(new Cut())) {
      assertReset(client);
      assertReset(server);
      assertReset(() -> connect().getInputStream().read());
      assertThat(proxy.counts()).isEqualTo(new FaultProxy.Counts(0, 2, 2, 6, 0));
    }
    assertPasses(connect(), target.accept(), "after");
  }

  @Test
  void halfOpenClosesTheTargetsSideAndDoesNotTellTheClient() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    Socket patient = connect();
    target.accept();
    assertPasses(client, server, "before");
    try (Effect _ = proxy.apply(new HalfOpen())) {
      assertThat(server.getInputStream().read()).isEqualTo(-1);
      client.getOutputStream().write(new byte[20 << 20]); // more than buffers take: swallowed
      assertNothingComes(client);
      assertPasses(connect(), target.accept(), "new connections work");
      assertThat(proxy.counts().open()).isEqualTo(3);
      client.close();
      awaitOpen(2);
      assertNothingComes(patient);
    }
    assertReset(patient);
    awaitOpen(1);
    assertThat(proxy.counts().resetByFaults()).isOne();
  }

  @Test
  void blackHoleHoldsEverythingAndPassesItOnWhenItEnds() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    assertPasses(client, server, "before");
    Socket late;
    try (Effect _ = proxy.apply(new BlackHole())) {
      send(client, "question");
      client.shutdownOutput();
      send(server, "answer");
      late = connect();
      send(late, "hello");
      assertNothingComes(server);
      assertNothingComes(client);
      assertThat(proxy.counts()).isEqualTo(new FaultProxy.Counts(2, 2, 0, 6, 0));
    }
    assertThat(receive(server, 100)).isEqualTo("question");
    assertThat(receive(client, 6)).isEqualTo("answer");
    assertThat(receive(target.accept(), 5)).isEqualTo("hello");
  }

  @Test
  void oneWayLetsOneDirectionPass() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    for (Direction passes : Direction.values()) {
      Socket sender = passes == Direction.TO_TARGET ? client : server;
      Socket receiver = passes == Direction.TO_TARGET ? server : client;
      try (Effect _ = proxy.apply(new OneWay(passes))) {
        assertPasses(sender, receiver, "passes");
        send(receiver, "held");
        assertNothingComes(sender);
      }
      assertThat(receive(sender, 4)).isEqualTo("held");
    }
  }

  @Test
  void delayPassesEverythingOnLaterAndInOrder() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    assertPasses(client, server, "connected");
    try (Effect _ = proxy.apply(new Delay(Duration.ofMillis(300), Duration.ofMillis(100)))) {
      long start = System.nanoTime();
      var sent = new StringBuilder();
      for (int i = 0; i < 200; i++) {
        send(client, i + " ");
        sent.append(i).append(' ');
      }
      client.shutdownOutput();
      assertThat(receive(server, 10_000)).isEqualTo(sent.toString());
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(millis(300));
      start = System.nanoTime();
      assertPasses(server, client, "back");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(millis(300));
    }
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  @Test
  void theSameSeedDrawsTheSameJitterAndLifetimes() {
    List<LinkFault> faults =
        List.of(new Delay(millis(5), millis(50)), new Delay(millis(1), millis(0)), new Loss(LIMIT));
    Conditions conditions = new Conditions().with(faults, 0);
    SplittableRandom one = seed.random();
    SplittableRandom two = seed.random();
    double sum = 0;
    for (int i = 0; i < 10_000; i++) {
      assertThat(conditions.drawDelayNanos(one))
          .as("%s", seed)
          .isEqualTo(conditions.drawDelayNanos(two))
          .isBetween(6_000_000L, 56_000_000L);
      long lifetime = conditions.drawLifetimeNanos(one);
      assertThat(lifetime).as("%s", seed).isEqualTo(conditions.drawLifetimeNanos(two));
      sum += lifetime;
    }
    // 10 standard deviations: never by chance.
    assertThat(sum / 10_000).as("%s", seed).isBetween(0.9 * LIMIT.toNanos(), 1.1 * LIMIT.toNanos());
  }

  @Test
  void lossResetsOneConnectionAfterTheOther() throws IOException {
    try (Effect _ = proxy.apply(new Loss(millis(50)))) {
      for (int i = 0; i < 10; i++) {
        assertReset(() -> connect().getInputStream().read());
      }
      awaitOpen(0);
      assertThat(proxy.counts().resetByFaults()).as("%s", seed).isEqualTo(10);
    }
  }

  @Test
  void bandwidthIsSharedByAllConnectionsOfADirection() throws IOException {
    int connections = 4;
    int bytesEach = 100_000;
    List<CompletableFuture<Void>> receivers = new ArrayList<>();
    try (Effect _ = proxy.apply(new Bandwidth(200_000));
        Effect _ = proxy.apply(new Bandwidth(10_000_000))) {
      long start = System.nanoTime();
      for (int i = 0; i < connections; i++) {
        Socket client = connect();
        Socket server = target.accept();
        client.getOutputStream().write(new byte[bytesEach]);
        receivers.add(CompletableFuture.runAsync(() -> readExactly(server, bytesEach), threads));
      }
      receivers.forEach(CompletableFuture::join);
      // 400 kB at 200 kB/s; the bucket may hold 20 ms' worth.
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(millis(1_950), Duration.ofSeconds(15));
    }
  }

  private static void readExactly(Socket socket, int bytes) {
    try {
      assertThat(socket.getInputStream().readNBytes(bytes)).hasSize(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void faultsOverlapAndEndOneByOne() throws IOException {
    Socket client = connect();
    Socket server = target.accept();
    assertPasses(client, server, "connected");
    Effect delay = proxy.apply(new Delay(millis(100), Duration.ZERO));
    Effect hole = proxy.apply(new BlackHole());
    Effect sameHole = proxy.apply(new BlackHole());
    send(client, "held");
    hole.close();
    hole.close(); // a second time it has no effect on the other
    assertNothingComes(server);
    sameHole.close();
    assertThat(receive(server, 4)).isEqualTo("held");
    long start = System.nanoTime();
    assertPasses(client, server, "late");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(millis(100));
    delay.close();

    proxy.apply(new Cut());
    assertReset(client);
    proxy.apply(new BlackHole());
    proxy.clear();
    assertPasses(connect(), target.accept(), "all ended");
  }

  static List<List<LinkFault>> whatStopsBytes() {
    return List.of(
        List.of(),
        List.of(new BlackHole()),
        List.of(new Bandwidth(10)),
        List.of(new Delay(Duration.ofHours(1), Duration.ZERO)));
  }

  @ParameterizedTest
  @MethodSource("whatStopsBytes")
  void stopsTheSenderWhenBytesDoNotPass(List<LinkFault> faults) throws Exception {
    Socket client = connect();
    Socket server = target.accept();
    assertPasses(client, server, "connected");
    faults.forEach(proxy::apply);
    int most = 64 << 20; // the kernel's buffers are several MiB in each of four places
    var sent = new AtomicLong();
    CompletableFuture<Void> sender =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (; sent.get() < most; sent.addAndGet(64 << 10)) {
                  client.getOutputStream().write(new byte[64 << 10]);
                }
              } catch (IOException _) {
                // The test is over.
              }
            },
            threads);
    var seen = new AtomicLong(-1);
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(millis(300))
        .until(() -> seen.getAndSet(sent.get()) == sent.get());
    assertThat(sent.get()).isLessThan(most);
    assertThat(sender).isNotDone();
    client.close();
    sender.join();
  }

  @Test
  void everyByteArrivesOnceAndInOrderWhateverChanges() throws Exception {
    int size = 20 << 20;
    byte[] expected = new byte[size];
    SplittableRandom random = seed.random();
    random.nextBytes(expected);
    Socket client = connect();
    Socket server = target.accept();
    // Both directions at once: the target echoes.
    CompletableFuture<Void> echo =
        CompletableFuture.runAsync(
            () -> {
              try {
                server.getInputStream().transferTo(server.getOutputStream());
                server.shutdownOutput();
              } catch (IOException e) {
                throw new AssertionError(seed.toString(), e);
              }
            },
            threads);
    CompletableFuture<Void> sender =
        CompletableFuture.runAsync(
            () -> {
              try {
                client.getOutputStream().write(expected);
                client.shutdownOutput();
              } catch (IOException e) {
                throw new AssertionError(seed.toString(), e);
              }
            },
            threads);
    CompletableFuture<byte[]> back =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return client.getInputStream().readAllBytes();
              } catch (IOException e) {
                throw new AssertionError(seed.toString(), e);
              }
            },
            threads);
    List<Effect> effects = new ArrayList<>();
    int changes = 0;
    long giveUp = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (!back.isDone()) {
      assertThat(System.nanoTime() - giveUp).as("%s, %s", seed, proxy.counts()).isNegative();
      if (effects.size() < 3) {
        effects.add(
            proxy.apply(
                switch (random.nextInt(4)) {
                  case 0 -> new BlackHole();
                  case 1 -> new OneWay(Direction.values()[random.nextInt(2)]);
                  case 2 -> new Bandwidth(random.nextLong(1_000_000, 50_000_000));
                  default -> new Delay(millis(random.nextInt(20)), millis(random.nextInt(20)));
                }));
      } else {
        effects.remove(random.nextInt(effects.size())).close();
        effects.remove(random.nextInt(effects.size())).close();
      }
      changes++;
      long end = System.nanoTime() + random.nextLong(20_000_000);
      Awaitility.await().pollInterval(millis(1)).until(() -> System.nanoTime() - end > 0);
    }
    echo.join();
    sender.join();
    assertThat(back.get()).as("%s", seed).isEqualTo(expected);
    assertThat(changes).as("%s", seed).isGreaterThan(10);
    proxy.clear();
    awaitOpen(0);
    assertThat(proxy.counts().bytesToTarget()).isEqualTo(proxy.counts().bytesToClient());
  }
}
