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

  /** What the hub holds of one attempt. */
  record Stored(String key, String value, String edgeOffset, Reading reading) {}

  private final Ledger ledger = new Ledger();
  private final List<Stored> stored = new ArrayList<>();
  private long nextOffset;

  @BeforeEach
  void everythingArrivesOnce() {
    for (int sequence = 1; sequence <= READINGS; sequence++) {
      for (int device = 0; device < DEVICES; device++) {
        var reading = new Reading("sim-x-" + device, sequence, 1, "21.5");
        ledger.published(reading.device(), sequence);
        ledger.acknowledged(reading.device(), sequence, 1);
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
    var judge = new Judge("sim-x-");
    stored.forEach(s -> judge.take(bytes(s.key()), bytes(s.value()), s.edgeOffset(), "gateway-1"));
    return judge.verdict(ledger);
  }

  /** One fault at one place; the counts say what must be found, and nothing else may be. */
  enum Fault {
    LOST(1, 0, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.remove(at);
      }
    },
    DOUBLED_WITH_ITS_OFFSET(0, 1, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.add(at + 1, stored.get(at));
      }
    },
    DOUBLED_UNDER_ANOTHER_OFFSET(0, 1, 0, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.add(test.store(stored.get(at).reading()));
      }
    },
    OFFSET_TWICE(0, 1, 1, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        Stored old = stored.get(at);
        Stored again = test.store(secondAttempt(old.reading()));
        stored.add(new Stored(old.key(), again.value(), old.edgeOffset(), again.reading()));
      }
    },
    RESENT(0, 0, 1, 0, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        stored.add(test.store(secondAttempt(stored.get(at).reading())));
      }
    },
    REORDERED(0, 0, 0, 1, 0) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        // The device's next reading comes DEVICES records later, its previous one as many before.
        int other = at + DEVICES < stored.size() ? at + DEVICES : at - DEVICES;
        Stored swapped = stored.get(at);
        stored.set(at, stored.get(other));
        stored.set(other, swapped);
      }
    },
    CORRUPTED(1, 0, 0, 0, 1) {
      @Override
      void make(List<Stored> stored, int at, JudgeTest test) {
        Stored old = stored.get(at);
        String text = old.value().replace("21.5", "22.5");
        stored.set(at, new Stored(old.key(), text, old.edgeOffset(), old.reading()));
      }
    },
    TRUNCATED(1, 0, 0, 0, 1) {
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
    final long corrupted;

    Fault(long lost, long duplicated, long resent, long reordered, long corrupted) {
      this.lost = lost;
      this.duplicated = duplicated;
      this.resent = resent;
      this.reordered = reordered;
      this.corrupted = corrupted;
    }

    abstract void make(List<Stored> stored, int at, JudgeTest test);

    static Reading secondAttempt(Reading reading) {
      return new Reading(reading.device(), reading.sequence(), 2, reading.value());
    }
  }

  @Test
  void passesWhatIsWhole() {
    Verdict verdict = judge();
    assertThat(verdict)
        .isEqualTo(
            new Verdict(
                DEVICES * READINGS, 0, DEVICES * READINGS, 0, 0, 0, 0, 0, 0, List.of(), List.of()));
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
          .isEqualTo(fault.duplicated);
      assertThat(verdict.resent()).as("resent, %s at %d", fault, at).isEqualTo(fault.resent);
      assertThat(verdict.reordered())
          .as("reordered, %s at %d", fault, at)
          .isEqualTo(fault.reordered);
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
  void countsAReadingThatArrivedOnlyInALaterAttemptAsArrived() {
    Reading first = stored.removeFirst().reading();
    stored.add(store(new Reading(first.device(), first.sequence(), 2, first.value())));
    Verdict verdict = judge();
    assertThat(verdict.lost()).isZero();
    assertThat(verdict.resent()).isZero();
    assertThat(verdict.reordered()).isEqualTo(1);
  }

  @Test
  void countsWhatWasNeverAcknowledgedApart() {
    ledger.published("sim-x-0", READINGS + 1);
    Verdict verdict = judge();
    assertThat(verdict.unacknowledged()).isEqualTo(1);
    assertThat(verdict.lost()).isZero();
    assertThat(verdict.passed()).isTrue();
  }

  @Test
  void leavesOthersInTheTopicAlone() {
    stored.add(
        new Stored(
            "dev42",
            "21.5",
            "9f:sensors.temperature:0:" + nextOffset,
            new Reading("dev42", 0, 1, "21.5")));
    Verdict verdict = judge();
    assertThat(verdict.foreign()).isEqualTo(1);
    assertThat(verdict.passed()).isTrue();
  }

  @Test
  void findsAnOffsetTwiceUnderOthersReadings() {
    Stored other =
        new Stored(
            "dev42",
            "21.5",
            "9f:sensors.temperature:0:" + nextOffset,
            new Reading("dev42", 0, 1, "21.5"));
    stored.add(other);
    stored.add(other);
    assertThat(judge().duplicated()).isEqualTo(1);
  }

  @Test
  void doesNotPassARunWithoutReadings() {
    assertThat(new Judge("sim-y-").verdict(new Ledger()).passed()).isFalse();
  }
}
