package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.peer.PeerBatches;
import io.headwater.hub.kafka.peer.Peers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AddPartitionsToTxnRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnResponse;

/**
 * Asks the coordinators of other brokers to add partitions to transactions, or whether they are in
 * them. What is for one broker goes together. Thread-safe.
 */
final class RemoteVerification {
  /** Who writes, and whether its partitions are added or only verified. */
  record Wish(String transactionalId, ProducerEpoch producer, boolean adds) {}

  private record Asked(Wish wish, TopicPartition partition, CompletableFuture<Void> done) {}

  private final PeerBatches<Asked> batches;

  RemoteVerification(Peers peers) {
    this.batches = new PeerBatches<>(peers, new Requests());
  }

  /** Fails with the coordinator's exceptions, or with those of {@link Peers#send}. */
  CompletableFuture<Void> ask(int brokerId, Wish wish, TopicPartition partition) {
    var asked = new Asked(wish, partition, new CompletableFuture<>());
    batches.add(brokerId, asked);
    return asked.done();
  }

  /** AddPartitionsToTxn between brokers: a request names each transactional id once. */
  private static final class Requests implements PeerBatches.Kind<Asked> {
    @Override
    public boolean fits(List<Asked> batch, Asked next) {
      return batch.stream()
          .map(Asked::wish)
          .filter(wish -> wish.transactionalId().equals(next.wish().transactionalId()))
          .allMatch(next.wish()::equals);
    }

    @Override
    public AbstractRequest.Builder<?> request(List<Asked> batch) {
      var transactions = new AddPartitionsToTxnTransactionCollection();
      for (Asked asked : batch) {
        Wish wish = asked.wish();
        AddPartitionsToTxnTransaction transaction = transactions.find(wish.transactionalId());
        if (transaction == null) {
          transaction =
              new AddPartitionsToTxnTransaction()
                  .setTransactionalId(wish.transactionalId())
                  .setProducerId(wish.producer().producerId())
                  .setProducerEpoch(wish.producer().epoch())
                  .setVerifyOnly(!wish.adds());
          transactions.add(transaction);
        }
        String name = asked.partition().topic();
        AddPartitionsToTxnTopic topic = transaction.topics().find(name);
        if (topic == null) {
          topic = new AddPartitionsToTxnTopic().setName(name);
          transaction.topics().add(topic);
        }
        if (!topic.partitions().contains(asked.partition().partition())) {
          topic.partitions().add(asked.partition().partition());
        }
      }
      return AddPartitionsToTxnRequest.Builder.forBroker(transactions);
    }

    @Override
    public void answered(List<Asked> batch, AbstractResponse response) {
      var answer = (AddPartitionsToTxnResponse) response;
      Errors whole = Errors.forCode(answer.data().errorCode());
      Map<String, Map<TopicPartition, Errors>> errors = new HashMap<>();
      answer
          .data()
          .resultsByTransaction()
          .forEach(result ->
              errors.put(
                  result.transactionalId(),
                  AddPartitionsToTxnResponse.errorsForTransaction(result.topicResults())));
      for (Asked asked : batch) {
        Errors error =
            whole == Errors.NONE
                ? errors
                    .getOrDefault(asked.wish().transactionalId(), Map.of())
                    .getOrDefault(asked.partition(), Errors.UNKNOWN_SERVER_ERROR)
                : whole;
        if (error == Errors.NONE) {
          asked.done().complete(null);
        } else {
          asked
              .done()
              .completeExceptionally(
                  error.exception(asked.wish().transactionalId() + ": " + error.message()));
        }
      }
    }

    @Override
    public void failed(List<Asked> batch, Throwable failure) {
      batch.forEach(asked -> asked.done().completeExceptionally(failure));
    }
  }
}
