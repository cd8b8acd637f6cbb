package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RehearsalTest {
  @TempDir private Path scratch;
  private final MemoryStates states = new MemoryStates();
  private final MemoryLedgers stores = new MemoryLedgers();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger recovered = new AtomicInteger();

  /** Nobody stores anything before {@code away} ledgers have been asked for. */
  private Ledgers ledgers(int away) {
    return new Ledgers() {
      @Override
      public CompletableFuture<Writer> create() {
        return asked.getAndIncrement() < away
            ? CompletableFuture.failedFuture(
                new LedgerException(LedgerException.Reason.UNAVAILABLE, "too few stores", null))
            : stores.create();
      }

      @Override
      public CompletableFuture<Reader> recover(long ledger) {
        recovered.incrementAndGet();
        return stores.recover(ledger);
      }

      @Override
      public CompletableFuture<Void> delete(long ledger) {
        return stores.delete(ledger);
      }

      @Override
      public void close() {
        throw new AssertionError("the ledgers are others', too");
      }
    };
  }

  @Test
  void takesOverWhatWasLeftOpenAndLeavesNothing() {
    try (var _ = new Rehearsal(ledgers(2), states, scratch, 1)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> recovered.get() >= 5 && stores.count() == 0 && states.list().isEmpty());
    }
    assertThat(asked).hasValueGreaterThan(2 + 5);
  }

  @Test
  void endsWhereNobodyStoresAnything() {
    var rehearsal = new Rehearsal(ledgers(Integer.MAX_VALUE), states, scratch, 1);
    Awaitility.await().until(() -> asked.get() > 0);
    rehearsal.close();
    assertThat(states.list()).isEmpty();
  }
}
