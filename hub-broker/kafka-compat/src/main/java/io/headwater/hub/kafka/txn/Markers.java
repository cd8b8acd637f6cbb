package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.peer.PeerBatches;
import io.headwater.hub.kafka.peer.Peers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest.TxnMarkerEntry;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;
import org.jspecify.annotations.Nullable;

/**
 * Has each marker written by the broker that leads its partition, by the newest snapshot. What goes
 * to one other broker goes together. Thread-safe.
 */
public final class Markers {
  /** A marker on its way to another broker. */
  private record Sent(
      MarkerWriter.Marker marker, TopicPartition partition, CompletableFuture<Void> done) {}

  private final MarkerWriter here;
  private final TopicCatalog catalog;
  private final int nodeId;
  private final PeerBatches<Sent> elsewhere;

  public Markers(MarkerWriter here, TopicCatalog catalog, int nodeId, Peers peers) {
    this.here = here;
    this.catalog = catalog;
    this.nodeId = nodeId;
    this.elsewhere = new PeerBatches<>(peers, new Requests());
  }

  /**
   * Completes when the marker is on disk. Fails with {@code UnknownTopicOrPartitionException} where
   * the catalog has no such partition (any more), with {@code InvalidProducerEpochException} where
   * a newer epoch has written. After any other failure it may be there or not, and trying again
   * helps in time.
   */
  CompletableFuture<Void> write(MarkerWriter.Marker marker, TopicPartition partition) {
    Optional<Partition> known = catalog.current().partition(partition);
    if (known.isEmpty()) {
      return CompletableFuture.failedFuture(
          new UnknownTopicOrPartitionException("there is no partition " + partition));
    }
    int leader = known.get().leader();
    if (leader == nodeId) {
      return here.write(marker, partition, known.get().leaderEpoch());
    }
    if (leader < 0) {
      return CompletableFuture.failedFuture(
          new NotLeaderOrFollowerException("nobody leads " + partition));
    }
    var sent = new Sent(marker, partition, new CompletableFuture<>());
    elsewhere.add(leader, sent);
    return sent.done();
  }

  /** WriteTxnMarkers: answers are by producer id, so one request has one marker of each. */
  private static final class Requests implements PeerBatches.Kind<Sent> {
    @Override
    public boolean fits(List<Sent> batch, Sent next) {
      return batch.stream()
          .filter(sent -> producerId(sent) == producerId(next))
          .allMatch(sent ->
              sent.marker().equals(next.marker()) && !sent.partition().equals(next.partition()));
    }

    private static long producerId(Sent sent) {
      return sent.marker().producer().producerId();
    }

    @Override
    public AbstractRequest.Builder<?> request(List<Sent> batch) {
      Map<MarkerWriter.Marker, List<TopicPartition>> partitions = new LinkedHashMap<>();
      batch.forEach(sent ->
          partitions.computeIfAbsent(sent.marker(), _ -> new ArrayList<>()).add(sent.partition()));
      var entries = new ArrayList<TxnMarkerEntry>();
      partitions.forEach((marker, marked) ->
          entries.add(
              new TxnMarkerEntry(
                  marker.producer().producerId(),
                  marker.producer().epoch(),
                  marker.coordinatorEpoch(),
                  marker.result(),
                  marked,
                  marker.transactionVersion())));
      return new WriteTxnMarkersRequest.Builder(entries);
    }

    @Override
    public void answered(List<Sent> batch, AbstractResponse response) {
      Map<Long, Map<TopicPartition, Errors>> errors =
          ((WriteTxnMarkersResponse) response).errorsByProducerId();
      for (Sent sent : batch) {
        Errors error = errors.getOrDefault(producerId(sent), Map.of()).get(sent.partition());
        if (error == Errors.NONE) {
          sent.done().complete(null);
        } else {
          sent.done().completeExceptionally(failure(sent.partition(), error));
        }
      }
    }

    private static Exception failure(TopicPartition partition, @Nullable Errors error) {
      // Whether a topic is gone is for this broker's catalog to say: the other's may be older.
      return error == null || error == Errors.UNKNOWN_TOPIC_OR_PARTITION
          ? new NotLeaderOrFollowerException("the leader does not know " + partition + " yet")
          : error.exception(partition + ": " + error.message());
    }

    @Override
    public void failed(List<Sent> batch, Throwable failure) {
      batch.forEach(sent -> sent.done().completeExceptionally(failure));
    }
  }
}
