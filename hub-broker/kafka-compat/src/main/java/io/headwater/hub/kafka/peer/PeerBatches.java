package io.headwater.hub.kafka.peer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers what is for one broker while a request to it is under way, and sends it together then: a
 * broker answers the requests of one connection one after the other. Thread-safe.
 *
 * @param <T> what is gathered
 */
public final class PeerBatches<T> {
  private static final Logger LOGGER = LoggerFactory.getLogger(PeerBatches.class);

  /** One kind of request. Called by any thread, and must be quick. */
  public interface Kind<T> {
    /** Whether one request can also carry {@code next}. */
    boolean fits(List<T> batch, T next);

    AbstractRequest.Builder<?> request(List<T> batch);

    void answered(List<T> batch, AbstractResponse response);

    void failed(List<T> batch, Throwable failure);
  }

  /** What is for one broker. Guarded by the batches. */
  private static final class Lane<T> {
    private final Deque<T> waiting = new ArrayDeque<>();
    private boolean underWay;
  }

  private final Peers peers;
  private final Kind<T> kind;

  /** By broker. Guarded by this. */
  private final Map<Integer, Lane<T>> lanes = new HashMap<>();

  public PeerBatches(Peers peers, Kind<T> kind) {
    this.peers = peers;
    this.kind = kind;
  }

  public void add(int brokerId, T item) {
    synchronized (this) {
      lanes.computeIfAbsent(brokerId, _ -> new Lane<>()).waiting.add(item);
    }
    sendNext(brokerId);
  }

  private void sendNext(int brokerId) {
    List<T> batch = take(brokerId);
    if (batch.isEmpty()) {
      return;
    }
    send(brokerId, batch)
        .whenComplete((response, failure) -> {
          try {
            if (failure == null) {
              kind.answered(batch, response);
            } else {
              kind.failed(batch, failure);
            }
          } catch (RuntimeException e) {
            LOGGER.atError().addKeyValue("broker", brokerId).setCause(e).log("A defect");
            kind.failed(batch, e);
          } finally {
            done(brokerId);
          }
        });
  }

  /** What is thrown fails the batch, as otherwise nobody would ever send another. */
  private CompletableFuture<AbstractResponse> send(int brokerId, List<T> batch) {
    try {
      return peers.send(brokerId, kind.request(batch));
    } catch (RuntimeException e) {
      LOGGER.atError().addKeyValue("broker", brokerId).setCause(e).log("A defect");
      return CompletableFuture.failedFuture(e);
    }
  }

  private synchronized List<T> take(int brokerId) {
    var batch = new ArrayList<T>();
    Lane<T> lane = lanes.get(brokerId);
    if (lane == null || lane.underWay) {
      return batch;
    }
    while (!lane.waiting.isEmpty() && kind.fits(batch, lane.waiting.getFirst())) {
      batch.add(lane.waiting.removeFirst());
    }
    lane.underWay = !batch.isEmpty();
    return batch;
  }

  private void done(int brokerId) {
    synchronized (this) {
      Lane<T> lane = lanes.get(brokerId);
      if (lane != null) {
        lane.underWay = false;
        if (lane.waiting.isEmpty()) {
          lanes.remove(brokerId);
        }
      }
    }
    sendNext(brokerId);
  }
}
