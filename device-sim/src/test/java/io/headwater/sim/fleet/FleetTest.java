package io.headwater.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.FleetSettings.Pace;
import io.headwater.sim.judge.Arrival;
import io.headwater.sim.judge.Judge;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.reading.Reading;
import io.headwater.sim.reading.Reading.Decoded;
import io.headwater.testsupport.Seed;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FleetTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Ledger ledger = new Ledger();
  private final List<Reading> received = new CopyOnWriteArrayList<>();

  private static FleetSettings settings(HostPort broker, int devices, double rate) {
    return FleetSettings.of(broker, "sim-t-", devices, rate, "sensors/demo", 7)
        .with(new Pace(0, 2_000, 16, Duration.ofSeconds(1)));
  }

  private Reading keep(byte[] payload) {
    Reading reading = ((Decoded.Intact) Reading.decode(payload)).reading();
    received.add(reading);
    return reading;
  }

  private void runFor(Fleet fleet, Duration time) {
    fleet.connect(LIMIT);
    fleet.begin();
    long end = System.nanoTime() + time.toNanos();
    Awaitility.await().atMost(LIMIT).until(() -> System.nanoTime() - end > 0);
    fleet.stop();
  }

  private Verdict judge() {
    var judge = new Judge("sim-t-", Rules.DEFAULTS);
    received.forEach(reading ->
        judge.take(new Arrival(reading.dueMs(), "sink", null, reading.encode(), null, null, null)));
    return judge.verdict(ledger);
  }

  @Test
  void publishesWhatTheScheduleAsksForAndRecordsEveryAcknowledgement() {
    try (var broker = new StubBroker((_, payload) -> keep(payload) != null);
        var fleet = new Fleet(settings(broker.address(), 10, 500), ledger, Clock.systemUTC())) {
      runFor(fleet, Duration.ofSeconds(2));
      assertThat(fleet.drain(LIMIT)).isTrue();
      Verdict verdict = judge();
      assertThat(verdict.passed()).as("%s", verdict).isTrue();
      assertThat(verdict.readings().acknowledged())
          .isEqualTo(received.size())
          .isBetween(990L, 1_100L);
      assertThat(verdict.reordered().total() + verdict.resent().total()).isZero();
      assertThat(fleet.counts().p99Millis()).isPositive();
    }
  }

  @Test
  void publishesAgainInOrderWhatWasUnderWayWhenConnectionsBroke() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    // A broker that stores or forgets at random, and cuts the connection instead of answering.
    try (var broker =
            new StubBroker((connection, payload) -> {
              if (!connection.isActive()) {
                return false; // what came behind the cut
              }
              int dice = random.nextInt(50);
              if (dice == 0) {
                connection.close();
                return false;
              }
              keep(payload);
              if (dice == 1) {
                connection.close();
                return false;
              }
              return true;
            });
        var fleet = new Fleet(settings(broker.address(), 5, 400), ledger, Clock.systemUTC())) {
      runFor(fleet, Duration.ofSeconds(3));
      assertThat(fleet.drain(LIMIT)).as("%s", seed).isTrue();
      Verdict verdict = judge();
      assertThat(fleet.counts().connectionsLost()).as("%s", seed).isPositive();
      assertThat(verdict.resent().total()).as("%s %s", seed, verdict).isPositive();
      assertThat(verdict.readings().acknowledged()).as("%s", seed).isEqualTo(ledger.readingCount());
      assertThat(verdict.lost() + verdict.duplicates() + verdict.reordered().total())
          .as("%s %s", seed, verdict)
          .isZero();
    }
  }

  @Test
  void givesUpAConnectionThatDoesNotAcknowledgeAndCatchesUpWithoutLeavingAnyOut() {
    var silent = new AtomicBoolean(true);
    try (var broker =
            new StubBroker((_, payload) -> {
              keep(payload);
              return !silent.get();
            });
        var fleet = new Fleet(settings(broker.address(), 2, 100), ledger, Clock.systemUTC())) {
      fleet.connect(LIMIT);
      fleet.begin();
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> received.stream().anyMatch(reading -> reading.attempt() == 2));
      // Nothing was acknowledged, so no device went beyond its window.
      assertThat(received).allMatch(reading -> reading.sequence() <= 16);
      silent.set(false);
      fleet.stop();
      assertThat(fleet.drain(LIMIT)).isTrue();
      Verdict verdict = judge();
      assertThat(verdict.readings().acknowledged())
          .isGreaterThan(60)
          .isEqualTo(ledger.readingCount());
      assertThat(verdict.lost() + verdict.reordered().total()).isZero();
    }
  }

  @Test
  void namesTheAddressWhereNoBrokerAnswers() {
    try (var fleet =
        new Fleet(settings(new HostPort("127.0.0.1", 1), 1, 1), ledger, Clock.systemUTC())) {
      assertThatThrownBy(() -> fleet.connect(Duration.ofMillis(300)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("no MQTT broker answers at 127.0.0.1:1")
          .hasMessageContaining("--mqtt");
    }
  }
}
