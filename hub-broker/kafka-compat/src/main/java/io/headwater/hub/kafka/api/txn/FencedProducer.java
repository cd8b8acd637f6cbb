package io.headwater.hub.kafka.api.txn;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Older clients know the fence of a producer by another name (KIP-588). */
final class FencedProducer {
  private FencedProducer() {}

  /**
   * @param firstKnowing the first version of the API whose clients know PRODUCER_FENCED
   * @return the answer, failing with INVALID_PRODUCER_EPOCH for older clients
   */
  static <T> CompletableFuture<T> named(
      CompletableFuture<T> answer, short version, int firstKnowing) {
    return version >= firstKnowing
        ? answer
        : answer.exceptionallyCompose(
            failure -> CompletableFuture.failedFuture(inOldWords(failure)));
  }

  private static Throwable inOldWords(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof ProducerFencedException
        ? new InvalidProducerEpochException(cause.getMessage())
        : cause;
  }
}
