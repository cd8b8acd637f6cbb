package io.headwater.sim.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.reading.Reading;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A judge that cannot say no is none: each kind of fault is made and must be found. */
@Timeout(20)
class JudgeTest {
  private static final int DEVICES = 3;
  private static final int READINGS = 200;
  private static final long DUE = 1_764_135_082_123L;

  /** What the hub holds of one attempt. */
  record Stored(
      String key, String value, String edgeOffset, Reading reading, long atMs, String track) {
    Stored(String key, String value, String edgeOffset, Reading reading) {
      this(key, value, edgeOffset, reading, reading.dueMs() + 20, "live");
    }
  }

  private final Ledger ledger = new Ledger();
  private final List<Stored> stored = new ArrayList<>();
  private Rules rules = Rules.DEFAULTS;
  private long nextOffset;

  @BeforeEach
  void everythingArrivesOnce() {
    for (int sequence = 1; sequence <= READINGS; sequence++) {
      for (int device = 0; device < DEVICES; device++) {
        var reading = new Reading("sim-x-" + device, sequence, 1, DUE, "21.5");
        ledger.account(reading.device()).published(sequence, 1);
        ledger.account(reading.device()).acknowledged(sequence, 1);
        stored.add(store(reading));
      }
    }
  }

  private Stored store(Reading reading) {
    return new Stored(
        reading.device(),
        new String(reading.encode(), StandardCharsets.UTF_8),
        "9f:sensors.temperature:0:" + nextOffset++,
        reading);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Verdict judge() {
    var judge = new Judge("sim-x-", rules);
    stored.forEach(s ->
        judge.take(
            new Arrival(
                s.atMs(),
                "t-0@7",
                bytes(s.key()),
                bytes(s.value()),
                s.edgeOffset(),
                "gateway-1",
                s.track())));
    return judge.verdict(ledger);
  }

  /** One fault at one place; the counts say what must be found, and nothing else may be. */
  enum Fault {
    LOST(1, 0, 0, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.remove(at);
      }
    },
    DOUBLED_WITH_ITS_OFFSET(0, 1, 0, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.add(at + 1, stored.get(at));
      }
    },
    DOUBLED_UNDER_ANOTHER_OFFSET(0, 1, 0, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.add(test.store(stored.get(at).reading()));
      }
    },
    OFFSET_TWICE(0, 1, 1, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        Stored old = stored.get(at);
        Stored again = test.store(secondAttempt(old.reading()));
        stored.add(new Stored(old.key(), again.value(), old.edgeOffset(), again.reading()));
      }
    },
    RESENT(0, 0, 1, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.add(test.store(secondAttempt(stored.get(at).reading())));
      }
    },
    REORDERED(0, 0, 0, 1, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        // The device's next reading comes DEVICES records later, its previous one as many before.
        int other = at + DEVICES < stored.size() ? at + DEVICES : at - DEVICES;
        Stored swapped = stored.get(at);
        stored.set(at, stored.get(other));
        stored.set(other, swapped);
      }
    },
    LATE(0, 0, 0, 0, 1, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        Stored old = stored.get(at);
        stored.set(
            at,
            new Stored(
                old.key(), old.value(), old.edgeOffset(), old.reading(), DUE + 60_001, "live"));
      }
    },
    CORRUPTED(1, 0, 0, 0, 0, 1) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        Stored old = stored.get(at);
        String text = old.value().replace("21.5", "22.5");
        stored.set(at, new Stored(old.key(), text, old.edgeOffset(), old.reading()));
      }
    },
    TRUNCATED(1, 0, 0, 0, 0, 1) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        Stored old = stored.get(at);
        stored.set(at, new Stored(old.key(), "", old.edgeOffset(), old.reading()));
      }
    };

    final long lost;
    final long duplicated;
    final long resent;
    final long reordered;
    final long late;
    final long corrupted;

    Fault(long lost, long duplicated, long resent, long reordered, long late, long corrupted) {
      this.lost = lost;
      this.duplicated = duplicated;
      this.resent = resent;
      this.reordered = reordered;
      this.late = late;
      this.corrupted = corrupted;
    }

    abstract void make(List<Stored> stored, int at, JudgeTest test);

    static Reading secondAttempt(Reading reading) {
      return new Reading(reading.device(), reading.sequence(), 2, reading.dueMs(), reading.value());
    }
  }

  @Test
  void passesWhatIsWhole() {
    var all = new Split(DEVICES * READINGS, 0);
    Verdict verdict = judge();
    assertThat(verdict)
        .isEqualTo(
            new Verdict(
                rules,
                all,
                all,
                Split.NONE,
                Split.NONE,
                Split.NONE,
                Split.NONE,
                0,
                0,
                0,
                List.of(),
                List.of()));
    assertThat(verdict.passed()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void findsEveryFaultAnywhereAndNothingElse(Fault fault) {
    List<Stored> whole = List.copyOf(stored);
    var random = new SplittableRandom(fault.ordinal());
    for (int at :
        new int[] {0, 1, whole.size() - 1, random.nextInt(whole.size()), whole.size() / 2}) {
      stored.clear();
      stored.addAll(whole);
      fault.make(stored, at, this);

      Verdict verdict = judge();

      assertThat(verdict.lost()).as("lost, %s at %d", fault, at).isEqualTo(fault.lost);
      assertThat(verdict.duplicated())
          .as("duplicated, %s at %d", fault, at)
          .isEqualTo(new Split(fault.duplicated, 0));
      assertThat(verdict.resent())
          .as("resent, %s at %d", fault, at)
          .isEqualTo(new Split(fault.resent, 0));
      assertThat(verdict.reordered())
          .as("reordered, %s at %d", fault, at)
          .isEqualTo(new Split(fault.reordered, 0));
      assertThat(verdict.late())
          .as("late, %s at %d", fault, at)
          .isEqualTo(new Split(fault.late, 0));
      assertThat(verdict.corrupted())
          .as("corrupted, %s at %d", fault, at)
          .isEqualTo(fault.corrupted);
      assertThat(verdict.passed())
          .as("passed, %s at %d", fault, at)
          .isEqualTo(fault.lost + fault.duplicated + fault.corrupted == 0);
    }
  }

  @Test
  void namesTheFirstMissingRanges() {
    stored.removeIf(s ->
        s.reading().device().endsWith("1")
            && s.reading().sequence() >= 12
            && s.reading().sequence() <= 15);
    assertThat(judge().missing()).containsExactly("sim-x-1 12-15");
    assertThat(judge().describe()).contains("lost: sim-x-1 12-15").endsWith("FAILED");
  }

  @Test
  void holdsNothingAgainstABacklogBehindLiveReadings() {
    List<Stored> backlog = List.copyOf(stored.subList(0, stored.size() / 2));
    stored.subList(0, stored.size() / 2).clear();
    backlog.forEach(s ->
        stored.add(
            new Stored(s.key(), s.value(), s.edgeOffset(), s.reading(), s.atMs(), "backfill")));
    assertThat(judge().reordered().total()).isZero();
    stored.add(stored.remove(stored.size() - 2 * DEVICES));
    assertThat(judge().reordered().total()).isEqualTo(1);
  }

  @Test
  void namesWhereAFaultWasFound() {
    stored.add(stored.getFirst());
    assertThat(judge().faults())
        .containsExactly(
            "duplicated: sim-x-0 sequence 1 attempt 1 (t-0@7, edge offset"
                + " 9f:sensors.temperature:0:0)");
  }

  @Test
  void countsAReadingThatArrivedOnlyInALaterAttemptAsArrived() {
    Reading first = stored.removeFirst().reading();
    stored.add(store(Fault.secondAttempt(first)));
    Verdict verdict = judge();
    assertThat(verdict.lost()).isZero();
    assertThat(verdict.resent().total()).isZero();
    assertThat(verdict.reordered().total()).isEqualTo(1);
  }

  @Test
  void tellsWhatWasNeverAcknowledgedApart() {
    ledger.account("sim-x-0").published(READINGS + 1, 1);
    ledger.account("sim-x-0").published(READINGS + 2, 1);
    var unconfirmed = new Reading("sim-x-0", READINGS + 2, 1, DUE, "21.5");
    stored.add(store(unconfirmed));
    stored.add(store(unconfirmed));
    Verdict verdict = judge();
    assertThat(verdict.readings()).isEqualTo(new Split(DEVICES * READINGS, 2));
    assertThat(verdict.arrived()).isEqualTo(new Split(DEVICES * READINGS, 1));
    assertThat(verdict.lost()).isZero();
    assertThat(verdict.duplicated()).isEqualTo(new Split(0, 1));
  }

  @Test
  void takesResentForAFaultWhereTheRulesSaySo() {
    stored.add(store(Fault.secondAttempt(stored.getFirst().reading())));
    assertThat(judge().passed()).isTrue();
    rules = new Rules(60_000, true);
    assertThat(judge().passed()).isFalse();
  }

  @Test
  void leavesOthersInTheTopicAlone() {
    stored.add(other());
    Verdict verdict = judge();
    assertThat(verdict.foreign()).isEqualTo(1);
    assertThat(verdict.passed()).isTrue();
  }

  @Test
  void findsAnOffsetTwiceUnderOthersReadings() {
    stored.add(other());
    stored.add(stored.getLast());
    assertThat(judge().duplicates()).isEqualTo(1);
    assertThat(judge().passed()).isFalse();
  }

  private Stored other() {
    return new Stored(
        "dev42",
        "21.5",
        "9f:sensors.temperature:0:" + nextOffset,
        new Reading("dev42", 0, 1, DUE, "21.5"));
  }

  @Test
  void takesAnUnreadableEdgeOffsetForDamage() {
    Stored old = stored.removeFirst();
    stored.add(new Stored(old.key(), old.value(), "9f:s:0:x", old.reading()));
    assertThat(judge().corrupted()).isEqualTo(1);
    assertThat(judge().lost()).isZero();
  }

  @Test
  void doesNotPassARunWithoutReadings() {
    assertThat(new Judge("sim-y-", rules).verdict(new Ledger()).passed()).isFalse();
  }
}
