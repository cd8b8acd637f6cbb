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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RehearsalTest {
  private static final int NEVER_ANSWERS = -1;

  @TempDir private Path scratch;
  private final MemoryStates states = new MemoryStates();
  private final MemoryLedgers stores = new MemoryLedgers();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger recovered = new AtomicInteger();

  /** Nobody stores anything before so many ledgers have been asked for. */
  private int away;

  private Ledgers ledgers() {
    return new Ledgers() {
      @Override
      public CompletableFuture<Writer> create() {
        int before = asked.getAndIncrement();
        if (away == NEVER_ANSWERS) {
          return new CompletableFuture<>();
        }
        return before < away
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
    away = 2;
    try (var _ = new Rehearsal(ledgers(), states, scratch, 1)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> recovered.get() >= 5 && stores.count() == 0 && states.list().isEmpty());
    }
    assertThat(asked).hasValueGreaterThan(2 + 5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void endsAtOnceWhereNobodyStoresAnything(boolean answers) {
    away = answers ? Integer.MAX_VALUE : NEVER_ANSWERS;
    var rehearsal = new Rehearsal(ledgers(), states, scratch, 1);
    Awaitility.await().until(() -> asked.get() > 0);
    long begun = System.nanoTime();
    rehearsal.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    assertThat(states.list()).isEmpty();
  }
}
