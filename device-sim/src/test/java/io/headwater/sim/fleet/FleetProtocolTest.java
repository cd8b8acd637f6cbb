package io.headwater.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.FleetSettings.Broker;
import io.headwater.sim.fleet.FleetSettings.Client;
import io.headwater.sim.fleet.FleetSettings.Login;
import io.headwater.sim.fleet.FleetSettings.Pace;
import io.headwater.sim.fleet.FleetSettings.Protocol;
import io.headwater.sim.fleet.FleetSettings.Version;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.reading.Reading;
import io.headwater.sim.reading.Reading.Decoded;
import io.headwater.testsupport.Seed;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class FleetProtocolTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final Ledger ledger = new Ledger();

  private static FleetSettings settings(HostPort broker, int devices, double rate, Protocol how) {
    return FleetSettings.of(broker, "sim-p-", devices, rate, "sensors/demo", 7)
        .with(new Pace(0.5, 2_000, 16, LIMIT))
        .with(how);
  }

  private Fleet fleet(FleetSettings settings) {
    return new Fleet(settings, ledger, Clock.systemUTC());
  }

  private static Protocol v5(int qos) {
    return new Protocol(Version.V5, qos, Client.NETTY);
  }

  private static List<Reading> readings(SessionBroker broker) {
    return broker.delivered.stream()
        .map(payload -> ((Decoded.Intact) Reading.decode(payload)).reading())
        .toList();
  }

  private void runUntil(Fleet fleet, long readings) {
    fleet.connect(LIMIT);
    fleet.begin();
    Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().readings() >= readings);
    fleet.stop();
  }

  static Stream<Protocol> all() {
    return Stream.of(Version.values())
        .flatMap(version ->
            Stream.of(Client.values())
                .flatMap(client ->
                    IntStream.range(0, 3).mapToObj(qos -> new Protocol(version, qos, client))));
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyReadingArrivesOnceInOrder(Protocol how) {
    try (var broker = new SessionBroker();
        Fleet fleet = fleet(settings(broker.address(), 10, 1_000, how))) {
      runUntil(fleet, 300);
      assertThat(fleet.drain(LIMIT)).isTrue();
      long published = fleet.counts().readings();
      Awaitility.await().atMost(LIMIT).until(() -> broker.delivered.size() >= published);
      var newest = new HashMap<String, Long>();
      for (Reading reading : readings(broker)) {
        assertThat(newest.merge(reading.device(), reading.sequence(), Math::max))
            .isEqualTo(reading.sequence());
      }
      assertThat(newest.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(published);
      assertThat(broker.delivered).hasSize(Math.toIntExact(published));
      Fleet.Counts counts = fleet.counts();
      assertThat(counts.attempts()).isEqualTo(published);
      assertThat(counts.acknowledged()).isEqualTo(how.qos() == 0 ? 0 : published);
      assertThat(counts.inFlight()).isZero();
      assertThat(fleet.newLatencies().getTotalCount()).isEqualTo(counts.acknowledged());
      assertThat(fleet.newLatencies().getTotalCount()).isZero();
      assertThat(fleet.newScheduleErrors().getTotalCount() + counts.heldBack())
          .isEqualTo(published);
      assertThat(broker.violations).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void qos2IsExactlyOnceAcrossConnectionsThatBreakAnywhere(Version version) {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    try (var broker = new SessionBroker();
        Fleet fleet =
            fleet(settings(broker.address(), 5, 400, new Protocol(version, 2, Client.NETTY)))) {
      broker.cut = () -> random.nextInt(100) == 0;
      runUntil(fleet, 1_000);
      broker.cut = () -> false;
      assertThat(fleet.drain(LIMIT)).as("%s", seed).isTrue();
      Fleet.Counts counts = fleet.counts();
      assertThat(counts.connectionsLost()).as("%s", seed).isPositive();
      assertThat(broker.again.get()).as("%s", seed).isPositive();
      assertThat(broker.violations).as("%s", seed).isEmpty();
      assertThat(counts.acknowledged()).as("%s", seed).isEqualTo(counts.readings());
      // The same attempt again is not a new one.
      assertThat(counts.attempts()).as("%s", seed).isEqualTo(counts.readings());
      List<Reading> arrived = readings(broker);
      assertThat(arrived).as("%s", seed).hasSize(Math.toIntExact(counts.readings()));
      assertThat(new HashSet<>(arrived)).as("%s", seed).hasSameSizeAs(arrived);
    }
  }

  @Test
  void qos2MakesNewAttemptsWhenTheBrokerHasForgottenTheSession() {
    try (var broker = new SessionBroker();
        Fleet fleet = fleet(settings(broker.address(), 2, 100, v5(2)))) {
      broker.silent = true;
      broker.forgetful = true;
      fleet.connect(LIMIT);
      fleet.begin();
      Awaitility.await().atMost(LIMIT).until(() -> broker.delivered.size() >= 20);
      fleet.stop();
      broker.silent = false;
      fleet.disconnectAll();
      assertThat(fleet.drain(LIMIT)).isTrue();
      assertThat(broker.again).hasValue(0);
      assertThat(broker.violations).isEmpty();
      assertThat(readings(broker)).anyMatch(reading -> reading.attempt() == 2);
      assertThat(fleet.counts().acknowledged()).isEqualTo(fleet.counts().readings());
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void aRefusedReadingIsCountedByCodeAndTriedAgainBeforeAnythingNew(Client client) {
    var seen = ConcurrentHashMap.<String>newKeySet();
    try (var broker = new SessionBroker();
        Fleet fleet =
            fleet(settings(broker.address(), 1, 50, new Protocol(Version.V5, 1, client)))) {
      broker.refuse =
          payload -> {
            Reading reading = ((Decoded.Intact) Reading.decode(payload)).reading();
            return reading.sequence() == 5 && seen.add("5") ? 0x97 : 0;
          };
      runUntil(fleet, 20);
      assertThat(fleet.drain(LIMIT)).isTrue();
      Fleet.Counts counts = fleet.counts();
      assertThat(counts.refused()).containsOnlyKeys(0x97).containsEntry(0x97, 1L);
      assertThat(counts.acknowledged()).isEqualTo(counts.readings());
      assertThat(counts.attempts()).isEqualTo(counts.readings() + 1);
      assertThat(counts.heldBack()).isPositive();
      assertThat(readings(broker))
          .filteredOn(reading -> reading.sequence() == 5)
          .extracting(Reading::attempt)
          .containsExactly(2);
    }
  }

  @Test
  void noMoreIsUnderWayThanTheBrokerReceives() {
    try (var broker = new SessionBroker();
        Fleet fleet =
            fleet(
                settings(broker.address(), 1, 200, v5(1))
                    .with(new Pace(0, 2_000, 16, Duration.ofSeconds(1))))) {
      broker.receiveMaximum = 3;
      broker.silent = true;
      fleet.connect(LIMIT);
      fleet.begin();
      // Given up and tried again: each time the first three and nothing else.
      Awaitility.await().atMost(LIMIT).until(() -> broker.connects.get() == 2);
      assertThat(readings(broker)).allMatch(reading -> reading.sequence() <= 3).hasSizeLessThan(7);
      broker.silent = false;
      fleet.stop();
      assertThat(fleet.drain(LIMIT)).isTrue();
      assertThat(fleet.counts().acknowledged()).isGreaterThan(100);
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void aBrokerThatTakesALowerQosIsNamedWithBoth(Client client) {
    try (var broker = new SessionBroker();
        Fleet fleet =
            fleet(settings(broker.address(), 1, 1, new Protocol(Version.V5, 2, client)))) {
      broker.maximumQos = 1;
      assertThatThrownBy(() -> fleet.connect(LIMIT))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("takes QoS 1 at most")
          .hasMessageContaining("--qos 2");
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void refusedCredentialsAreNamedWithTheWayOut(Protocol how) {
    try (var broker = new SessionBroker()) {
      broker.password = "right";
      FleetSettings settings = settings(broker.address(), 1, 1, how);
      try (Fleet fleet = fleet(settings.with(login(broker, "wrong")))) {
        assertThatThrownBy(() -> fleet.connect(LIMIT))
            .isInstanceOf(UserError.class)
            .hasMessageContaining("refuses the devices")
            .hasMessageContaining("--password-file")
            .hasMessageNotContaining("wrong");
      }
      try (Fleet fleet = fleet(settings.with(login(broker, "right")))) {
        fleet.connect(LIMIT);
        assertThat(fleet.counts().connected()).isEqualTo(1);
      }
    }
  }

  private static Broker login(SessionBroker broker, String password) {
    return new Broker(
        broker.address(), Optional.empty(), Optional.of(new Login("fleet", password)));
  }

  @Test
  void theReasonOfADisconnectIsKept() {
    try (var broker = new SessionBroker();
        Fleet fleet = fleet(settings(broker.address(), 1, 1, v5(1)))) {
      fleet.connect(LIMIT);
      broker.disconnectAll(MqttReasonCodes.Disconnect.SERVER_BUSY);
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> fleet.counts().lastFailure().contains("server busy, code 0x89"));
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().connected() == 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void aStormBreaksAllConnectionsAndLosesNothing(Client client) {
    try (var broker = new SessionBroker();
        Fleet fleet =
            fleet(settings(broker.address(), 50, 1_000, new Protocol(Version.V5, 2, client)))) {
      fleet.connect(LIMIT);
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().connected() == 50);
      fleet.begin();
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().readings() >= 300);
      fleet.disconnectAll();
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().connectionsLost() == 50);
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().connected() == 50);
      assertThat(broker.connects).hasValue(100);
      fleet.dropConnections(0.2);
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().connectionsLost() > 50);
      fleet.stop();
      assertThat(fleet.drain(LIMIT)).isTrue();
      assertThat(fleet.counts().connectionsLost()).isBetween(51L, 75L);
      assertThat(fleet.counts().acknowledged()).isEqualTo(fleet.counts().readings());
      assertThat(new HashSet<>(readings(broker))).hasSameSizeAs(broker.delivered);
    }
  }

  @Test
  void theRateChangesWhileItRunsAndZeroIsAPause() {
    try (var broker = new SessionBroker();
        Fleet fleet = fleet(settings(broker.address(), 20, 100, v5(1)))) {
      runUntil(fleet, 50);
      assertThat(fleet.drain(LIMIT)).isTrue();
      long paused = fleet.counts().readings();
      long from = System.nanoTime();
      fleet.rate(4_000);
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().readings() >= paused + 2_000);
      fleet.rate(0);
      double seconds = (System.nanoTime() - from) / 1e9;
      assertThat(fleet.drain(LIMIT)).isTrue();
      // Whatever the machine's load: as many as the clock asked for, one more or less a device.
      assertThat((double) fleet.counts().readings() - paused)
          .isBetween(3_900 * seconds - 40, 4_000 * seconds + 20);
      assertThatThrownBy(() -> fleet.rate(-1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void settingsNameWhatIsWrongByTheOptionsName() {
    var broker = new HostPort("h", 1);
    assertThatThrownBy(() -> FleetSettings.of(broker, "d-", 0, 1, "t", 1))
        .hasMessage("devices 0 is not between 1 and 100000");
    assertThatThrownBy(() -> FleetSettings.of(broker, "d-", 1, 0, "t", 1))
        .hasMessage("rate 0.0 is not above 0 and at most 1000000");
    assertThatThrownBy(() -> new Pace(0.95, 1, 1, LIMIT))
        .hasMessage("jitter 95% is not between 0% and 90%");
    assertThatThrownBy(() -> new Protocol(Version.V5, 3, Client.NETTY))
        .hasMessage("qos 3 is not 0, 1 or 2");
    assertThatThrownBy(() ->
            FleetSettings.of(broker, "d-", 1_001, 1, "t", 1)
                .with(new Protocol(Version.V5, 1, Client.HIVEMQ)))
        .hasMessageContaining("devices 1001 is more than the 1000");
  }
}
