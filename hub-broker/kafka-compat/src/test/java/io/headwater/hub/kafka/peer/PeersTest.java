package io.headwater.hub.kafka.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicRules;
import io.headwater.testsupport.FreePorts;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.utils.Exit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Brokers that do not answer; those that do are in the tests of two brokers. */
@Timeout(30)
class PeersTest {
  private static final int SILENT = 2;
  private static final int DOWN = 3;
  private static final int UNKNOWN = 4;

  private final MemoryStore store = new MemoryStore();
  private ServerSocket silent;
  private StoredCatalog catalog;
  private Peers peers;

  @BeforeEach
  void start() throws Exception {
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    silent.setSoTimeout(10_000);
    int closed = FreePorts.take();
    store.register(new Broker(SILENT, "127.0.0.1", silent.getLocalPort(), null));
    store.register(new Broker(DOWN, "127.0.0.1", closed, null));
    catalog =
        new StoredCatalog(
            store, new TopicRules(new TopicConfigs(Map.of()), 1, 1), MemoryStore.groupConfigs(), 1);
    peers = new Peers(1, catalog);
  }

  @AfterEach
  void stop() throws Exception {
    peers.close();
    catalog.close();
    silent.close();
  }

  private static WriteTxnMarkersRequest.Builder request() {
    return new WriteTxnMarkersRequest.Builder(List.of());
  }

  private static void assertFails(
      CompletableFuture<?> answer, Class<? extends Exception> expected) {
    assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(expected);
  }

  @Test
  void aBrokerThatIsNotRegisteredIsNotAsked() {
    assertFails(peers.send(UNKNOWN, request()), BrokerNotAvailableException.class);
  }

  @Test
  void aBrokerThatIsDownIsToldAtOnceAndOthersAreNotHeldUp() {
    assertFails(peers.send(DOWN, request()), NetworkException.class);
    assertFails(peers.send(DOWN, request()), NetworkException.class);
  }

  /** Long before a request is given up that is not answered. */
  @Test
  void whoIsTakenForGoneKeepsNobodyWaiting() {
    CompletableFuture<AbstractResponse> waiting = peers.send(SILENT, request());

    store.suspect(1, SILENT);
    store.suspect(DOWN, SILENT);

    assertThatThrownBy(() -> waiting.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NetworkException.class);
    assertFails(peers.send(SILENT, request()), BrokerNotAvailableException.class);
  }

  /** Between the request and its sending: Kafka's thread ends the process where it is surprised. */
  @Test
  void whoIsGoneBeforeHisConnectionIsBegunEndsNothing() throws Exception {
    var exits = new CopyOnWriteArrayList<Integer>();
    Exit.setExitProcedure((code, _) -> exits.add(code));
    try {
      CompletableFuture<AbstractResponse> late =
          peers.send(SILENT, request()).handle((_, _) -> leaveWhenAsked()).thenCompose(l -> l);
      silent.accept().close(); // the thread of all requests asks and drops, before it sends

      assertThatThrownBy(() -> late.get(5, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NetworkException.class);
      peers.send(SILENT, request()); // and goes on
      silent.accept().close();
      assertThat(exits).isEmpty();
    } finally {
      Exit.resetExitProcedure();
    }
  }

  private CompletableFuture<AbstractResponse> leaveWhenAsked() {
    CompletableFuture<AbstractResponse> answer = peers.send(DOWN, request());
    store.suspect(1, DOWN);
    store.suspect(SILENT, DOWN);
    Awaitility.await().until(() -> !catalog.current().brokers().containsKey(DOWN));
    return answer;
  }

  @Test
  void theCloseAnswersAllThatWait() {
    CompletableFuture<AbstractResponse> waiting = peers.send(SILENT, request());

    peers.close();

    assertFails(waiting, NetworkException.class);
    assertFails(peers.send(SILENT, request()), NetworkException.class);
  }

  @Test
  void whatComesMeanwhileGoesTogether() {
    var batches = new CopyOnWriteArrayList<List<Integer>>();
    var failed = new CompletableFuture<Void>();
    var gathered =
        new PeerBatches<>(
            peers,
            new PeerBatches.Kind<Integer>() {
              @Override
              public boolean fits(List<Integer> batch, Integer next) {
                return batch.size() < 3;
              }

              @Override
              public AbstractRequest.Builder<?> request(List<Integer> batch) {
                batches.add(new ArrayList<>(batch));
                return PeersTest.request();
              }

              @Override
              public void answered(List<Integer> batch, AbstractResponse response) {
                throw new IllegalStateException("nobody answers");
              }

              @Override
              public void failed(List<Integer> batch, Throwable failure) {
                if (batch.contains(5)) {
                  failed.complete(null);
                }
              }
            });
    for (int i = 1; i <= 5; i++) {
      gathered.add(SILENT, i);
    }
    assertThat(batches).containsExactly(List.of(1));

    peers.close();

    failed.orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(batches).containsExactly(List.of(1), List.of(2, 3, 4), List.of(5));
  }
}
