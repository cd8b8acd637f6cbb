package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import io.headwater.uplink.Reject;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StreamPartition;
import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class UplinkDiaryTest {
  private static final HostPort FIRST = new HostPort("first", 1884);
  private static final HostPort SECOND = new HostPort("second", 1884);
  private static final StreamPartition A = new StreamPartition("a", 0);

  private final UplinkDiary diary = new UplinkDiary(10);

  @Test
  void nothingIsThereAtFirst() {
    UplinkStatus status = diary.status();

    assertThat(status.isConnected()).isFalse();
    assertThat(status.sinceNanos()).isEqualTo(10);
    assertThat(status.bridge()).isEmpty();
    assertThat(status.lastProblem()).isEmpty();
    assertThat(status.rejects()).isEmpty();
  }

  @Test
  void attemptsThatFailDoNotMoveTheBeginningOfTheOutage() {
    diary.connected(FIRST, 20);
    diary.lost(30);
    diary.failed(SECOND, new CompletionException(new ConnectException("refused")), 40);

    UplinkStatus status = diary.status();
    assertThat(status.isConnected()).isFalse();
    assertThat(status.sinceNanos()).isEqualTo(30);
    assertThat(status.bridge()).contains(SECOND);
    assertThat(status.lastProblem())
        .contains(new UplinkStatus.Problem(40, "no connection to second:1884: refused"));
  }

  @Test
  void lastProblemIsStillToldWhenItIsOver() {
    diary.connected(FIRST, 20);
    diary.lost(30);
    diary.connected(SECOND, 50);

    UplinkStatus status = diary.status();
    assertThat(status.isConnected()).isTrue();
    assertThat(status.sinceNanos()).isEqualTo(50);
    assertThat(status.lastProblem())
        .contains(new UplinkStatus.Problem(30, "the connection to first:1884 was lost"));
  }

  @Test
  void rejectsAreCountedByReasonTheLatestFirst() {
    diary.rejected(new Reject(A, 0, 5, RejectReason.BUSY, ""), 20);
    diary.rejected(new Reject(A, 0, 5, RejectReason.POISON, "bad key"), 30);
    diary.rejected(new Reject(A, 5, 9, RejectReason.BUSY, "later"), 40);

    assertThat(diary.status().rejects())
        .containsExactly(
            new UplinkStatus.Rejected(RejectReason.BUSY, 2, 40, "a", "later"),
            new UplinkStatus.Rejected(RejectReason.POISON, 1, 30, "a", "bad key"));
  }
}
