package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.PartitionState.Part;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OrphanSweepTest {
  private static final PartitionStates.Key KEY = new PartitionStates.Key(Uuid.randomUuid(), 0);

  private final MemoryLedgers ledgers = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();
  private final LeapingTime time = new LeapingTime();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private boolean broken;
  private final OrphanSweep sweep = new OrphanSweep(this::allBut, ledgers, states, registry, time);

  private Set<Long> allBut(Set<Long> listed) {
    if (broken) {
      throw new LedgerException(Reason.UNAVAILABLE, "ZooKeeper does not answer", null);
    }
    var found = new HashSet<Long>(ledgers.ids());
    found.removeAll(listed);
    return found;
  }

  @AfterEach
  void close() {
    sweep.close();
  }

  private void after(Duration pause) {
    time.leap(pause.toMillis());
    sweep.sweep();
  }

  private void list(long... ids) {
    var state =
        new PartitionState(
            1, 1, 0, 0, LongStream.of(ids).mapToObj(id -> Part.open(id, 0)).toList());
    var known = states.read(KEY);
    assertThat(
            known.isEmpty()
                ? states.create(KEY, state)
                : states.write(KEY, state, known.get().version()))
        .isPresent();
  }

  private double unlisted() {
    return registry.get("hub.cluster.unlisted").gauge().value();
  }

  @Test
  void whatNobodyListsForADayIsDeletedAndWhatIsListedStays() {
    long listed = ledgers.create().join().id();
    long orphan = ledgers.create().join().id();
    list(listed);

    sweep.sweep();
    assertThat(unlisted()).isEqualTo(1);
    after(Duration.ofHours(23));
    assertThat(ledgers.ids()).containsExactlyInAnyOrder(listed, orphan);
    after(Duration.ofHours(2));
    assertThat(ledgers.ids()).containsExactly(listed);
    assertThat(unlisted()).isZero();
  }

  @Test
  void whatIsListedLateStaysAndBeginsANewDayWhenItIsTakenOff() {
    long late = ledgers.create().join().id();
    sweep.sweep();
    list(late);
    after(Duration.ofHours(25));
    assertThat(ledgers.ids()).contains(late);
    list();
    after(Duration.ofHours(1));
    assertThat(ledgers.ids()).contains(late);
    after(Duration.ofHours(24));
    assertThat(ledgers.ids()).isEmpty();
  }

  @Test
  void whereTheLedgersCannotBeListedNothingIsDeletedOrForgotten() {
    long orphan = ledgers.create().join().id();
    sweep.sweep();
    broken = true;
    assertThatThrownBy(() -> after(Duration.ofHours(25))).isInstanceOf(LedgerException.class);
    assertThat(ledgers.ids()).containsExactly(orphan);
    broken = false;
    after(Duration.ZERO);
    assertThat(ledgers.ids()).isEmpty();
  }

  @Test
  void oneThatCannotBeDeletedKeepsNoneOfTheOthers() {
    long first = ledgers.create().join().id();
    long stuck = ledgers.create().join().id();
    long last = ledgers.create().join().id();
    ledgers.keep(stuck);
    sweep.sweep();
    after(Duration.ofHours(25));
    assertThat(ledgers.ids()).containsExactly(stuck).doesNotContain(first, last);
    assertThat(unlisted()).isEqualTo(1);
  }
}
