package io.headwater.hub.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.server.common.TransactionVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class EndDecisionTest {
  /** What a client of version 2 has after its commit was answered is epoch 6. */
  private static EndDecision end(TransactionState state, int epoch, TransactionResult result) {
    return EndDecision.of(
        States.metadata(
            "tx",
            new ProducerEpoch(1, (short) 6),
            5,
            state,
            Set.of(new TopicPartition("t", 0)),
            1_000),
        new ProducerEpoch(1, (short) epoch),
        result,
        TransactionVersion.TV_2);
  }

  @Test
  void theNextTransactionsEndWaitsForTheMarkersOfTheOneBefore() {
    for (TransactionState state :
        new TransactionState[] {TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT}) {
      assertThat(end(state, 6, TransactionResult.ABORT)).isEqualTo(new EndDecision.Wait());
      assertThat(end(state, 6, TransactionResult.COMMIT)).isEqualTo(new EndDecision.Wait());
    }
  }

  @Test
  void anEndAskedForTwiceWaitsAndAnOlderProducerIsFenced() {
    assertThat(end(TransactionState.PREPARE_COMMIT, 5, TransactionResult.COMMIT))
        .isEqualTo(new EndDecision.Wait());
    assertThat(end(TransactionState.PREPARE_COMMIT, 5, TransactionResult.ABORT))
        .isEqualTo(new EndDecision.Refuse(Errors.INVALID_TXN_STATE));
    assertThat(end(TransactionState.PREPARE_COMMIT, 4, TransactionResult.COMMIT))
        .isEqualTo(new EndDecision.Refuse(Errors.PRODUCER_FENCED));
  }
}
