package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class ReadAheadTest {
  private static final int SPANS = 3;

  /** A ledger of a thousand entries, whose reads are answered when a test says so. */
  private static final class Asked implements Ledgers.Reader {
    private final List<Long> firsts = new ArrayList<>();
    private final List<CompletableFuture<List<ByteBuffer>>> answers = new ArrayList<>();

    @Override
    public long id() {
      return 7;
    }

    @Override
    public long lastEntry() {
      return 999;
    }

    @Override
    public CompletableFuture<List<ByteBuffer>> read(long first, int maxEntries, int maxBytes) {
      firsts.add(first);
      answers.add(new CompletableFuture<>());
      return answers.getLast();
    }

    /** Ten entries, each of which is its number. */
    void answer(int read) {
      var entries = new ArrayList<ByteBuffer>();
      for (long i = 0; i < 10; i++) {
        entries.add(ByteBuffer.allocate(Long.BYTES).putLong(0, firsts.get(read) + i));
      }
      answers.get(read).complete(entries);
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }

  private final LeapingTime time = new LeapingTime();
  private final ReadAheadBudget budget = new ReadAheadBudget(SPANS * ReadAhead.SPAN_BYTES + 1_000);
  private final ReadAhead ahead = new ReadAhead(budget, time);
  private final Asked reader = new Asked();

  private List<Long> here(long entry) {
    return ahead
        .from(7, entry)
        .map(found -> found.join().stream().map(one -> one.getLong(0)).toList())
        .orElse(List.of());
  }

  @Test
  void whileOneSpanIsTakenTheNextIsRead() {
    ahead.follow(reader, 100);
    assertThat(reader.firsts).containsExactly(100L);
    reader.answer(0);

    ahead.follow(reader, 100);
    assertThat(reader.firsts).containsExactly(100L, 110L);
    assertThat(here(100)).hasSize(10).startsWith(100L);
    assertThat(here(107)).containsExactly(107L, 108L, 109L);

    reader.answer(1);
    ahead.follow(reader, 110);
    assertThat(reader.firsts).containsExactly(100L, 110L, 120L);
    assertThat(here(110)).startsWith(110L);
    assertThat(ahead.from(7, 100)).isEmpty(); // has been taken
  }

  @Test
  void whatIsOnItsWayIsWaitedForAndNotReadAgain() {
    ahead.follow(reader, 0);

    CompletableFuture<List<ByteBuffer>> found = ahead.from(7, 0).orElseThrow();
    ahead.follow(reader, 0);
    assertThat(found).isNotDone();
    assertThat(reader.firsts).hasSize(1);

    reader.answer(0);
    assertThat(found.join()).hasSize(10);
    assertThat(ahead.from(8, 0)).as("of another ledger").isEmpty();
  }

  @Test
  void eachGetsBuffersOfItsOwn() {
    ahead.follow(reader, 0);
    reader.answer(0);

    ahead.from(7, 0).orElseThrow().join().getFirst().position(5);

    assertThat(ahead.from(7, 0).orElseThrow().join().getFirst().position()).isZero();
  }

  @Test
  void nothingIsReadWithoutRoomForIt() {
    for (int i = 0; i < SPANS + 1; i++) {
      ahead.follow(reader, 100L * i);
    }
    assertThat(reader.firsts).containsExactly(0L, 100L, 200L);

    reader.answer(0); // takes less room than it might have
    ahead.follow(reader, 300);
    assertThat(reader.firsts).containsExactly(0L, 100L, 200L, 300L);

    ahead.close();
    for (int i = 1; i < 4; i++) {
      reader.answer(i);
    }
    assertThat(budget.bytes()).isZero();
    ahead.follow(reader, 500);
    assertThat(reader.firsts).hasSize(4);
  }

  @Test
  void aLogDoesNotTakeAllTheRoomThereIs() {
    var large = new ReadAheadBudget(1L << 30);
    var one = new ReadAhead(large, time);
    for (int i = 0; i < 50; i++) {
      one.follow(reader, 20L * i);
    }
    assertThat(reader.firsts).hasSize(8);

    for (int log = 0; log < 10; log++) {
      new ReadAhead(large, time).follow(reader, 0);
    }
    assertThat(reader.firsts).as("reads under way").hasSize(16);
  }

  @Test
  void whatNobodyComesForGoes() {
    ahead.follow(reader, 0);
    reader.answer(0);
    assertThat(budget.bytes()).isEqualTo(80);
    ahead.forgetUnwanted();
    assertThat(here(0)).hasSize(10);

    time.leap(11_000);
    ahead.forgetUnwanted();

    assertThat(ahead.from(7, 0)).isEmpty();
    assertThat(budget.bytes()).isZero();
  }

  @Test
  void aFailureIsToldToWhoWaitsAndForgotten() {
    ahead.follow(reader, 0);
    CompletableFuture<List<ByteBuffer>> found = ahead.from(7, 0).orElseThrow();

    reader
        .answers
        .getFirst()
        .completeExceptionally(new LedgerException(Reason.TOO_FEW_STORES, "none answers", null));

    assertThat(found).isCompletedExceptionally();
    assertThat(ahead.from(7, 0)).isEmpty();
    assertThat(budget.bytes()).isZero();
    ahead.follow(reader, 0);
    assertThat(reader.firsts).containsExactly(0L, 0L);
  }

  @Test
  void nothingIsAskedForBehindTheEnd() {
    ahead.follow(reader, 1_000);

    assertThat(reader.firsts).isEmpty();
  }
}
