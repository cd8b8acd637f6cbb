package io.headwater.hub.kafka.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.metadata.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PeerBatchesTest {
  private static final int UNKNOWN = 4;

  private final List<Throwable> failures = new ArrayList<>();

  /** Cannot ask for "bad". */
  private final class Kind implements PeerBatches.Kind<String> {
    @Override
    public boolean fits(List<String> batch, String next) {
      return batch.isEmpty();
    }

    @Override
    public AbstractRequest.Builder<?> request(List<String> batch) {
      if (batch.contains("bad")) {
        throw new IllegalStateException("on purpose");
      }
      return new WriteTxnMarkersRequest.Builder(List.of());
    }

    @Override
    public void answered(List<String> batch, AbstractResponse response) {
      throw new AssertionError(response);
    }

    @Override
    public void failed(List<String> batch, Throwable failure) {
      failures.add(failure);
    }
  }

  @Test
  void whatCannotBeSentFailsAndDoesNotKeepTheNext() {
    try (var catalog = MemoryStore.catalog();
        var peers = new Peers(1, catalog)) {
      var batches = new PeerBatches<>(peers, new Kind());

      batches.add(UNKNOWN, "bad");
      batches.add(UNKNOWN, "good");
    }

    assertThat(failures)
        .satisfiesExactly(
            first -> assertThat(first).isInstanceOf(IllegalStateException.class),
            second -> assertThat(second).isInstanceOf(BrokerNotAvailableException.class));
  }
}
