package io.headwater.hub.kafka.metadata;

import io.headwater.process.Threads;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that another broker's process has ended, long before its session does: its machine then
 * refuses connections to its port. Who is refused says so in the store, and if two do the broker is
 * taken for gone ({@link CatalogStore#suspect}). Silence proves nothing here; the session covers
 * it.
 *
 * <p>All state is confined to the thread {@code hub-suspicion-0}.
 */
public final class Suspicion implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Suspicion.class);
  private static final Duration PROBE = Duration.ofMillis(200);

  /** So many probes in a row, so that a port that is just opened anew is not enough. */
  private static final int REFUSALS = 2;

  private final StoredCatalog catalog;
  private final int nodeId;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-suspicion"));

  /** Refusals in a row, by broker. */
  private final Map<Integer, Integer> refusals = new HashMap<>();

  public Suspicion(StoredCatalog catalog, int nodeId) {
    this.catalog = catalog;
    this.nodeId = nodeId;
    var _ =
        thread.scheduleWithFixedDelay(
            this::probe, PROBE.toMillis(), PROBE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void probe() {
    Map<Integer, Broker> brokers = catalog.current().brokers();
    refusals.keySet().retainAll(brokers.keySet());
    for (Broker broker : brokers.values()) {
      if (broker.id() == nodeId) {
        continue;
      }
      if (!isRefused(broker)) {
        refusals.remove(broker.id());
      } else if (refusals.merge(broker.id(), 1, Integer::sum) >= REFUSALS) {
        suspect(broker);
      }
    }
  }

  private static boolean isRefused(Broker broker) {
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(broker.host(), broker.port()), Math.toIntExact(PROBE.toMillis()));
      return false;
    } catch (ConnectException e) {
      // A machine that cannot be reached gives this exception, too.
      return String.valueOf(e.getMessage()).contains("refused");
    } catch (IOException | RuntimeException _) {
      return false;
    }
  }

  private void suspect(Broker broker) {
    LOGGER
        .atWarn()
        .addKeyValue("broker", broker.id())
        .log("A broker's port refuses connections although it has not left");
    catalog
        .suspect(broker.id())
        .whenComplete((_, failure) -> {
          if (failure != null && !thread.isShutdown()) {
            LOGGER
                .atWarn()
                .addKeyValue("broker", broker.id())
                .addKeyValue("error", failure.getMessage())
                .log("The suspicion could not be told; that is tried again");
          }
        });
  }

  @Override
  public void close() {
    thread.shutdownNow();
    thread.close();
  }
}
