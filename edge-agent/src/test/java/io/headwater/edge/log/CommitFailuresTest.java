package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class CommitFailuresTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // it may run over
  private final CommitFailures failures = new CommitFailures(nanos::get);
  private final SQLException full = new SQLException("database or disk is full");

  @Test
  void tellsOfTheFirstAtOnceAndThenEveryTenSeconds() {
    assertThat(failures.failed(1, full)).isTrue();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(10) - 1);
    assertThat(failures.failed(1, full)).isFalse();
    nanos.addAndGet(1);
    assertThat(failures.failed(1, full)).isTrue();
    assertThat(failures.failed(1, full)).isFalse();
  }

  @Test
  void beginsAnewWhenACommitSucceeds() {
    assertThat(failures.succeeded()).isZero();
    failures.failed(1, full);
    failures.failed(1, full);
    assertThat(failures.succeeded()).isEqualTo(2);
    assertThat(failures.succeeded()).isZero();
    assertThat(failures.failed(1, full)).isTrue();
  }

  @Test
  void theLatestIsKeptAlsoWhenItIsOver() {
    assertThat(failures.last()).isEmpty();
    failures.failed(1, new SQLException("first"));
    nanos.addAndGet(3);
    failures.failed(1, full);
    failures.succeeded();
    assertThat(failures.last())
        .contains(new CommitFailure(nanos.get(), "database or disk is full"));
  }
}
