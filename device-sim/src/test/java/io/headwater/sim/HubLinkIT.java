package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import io.headwater.sim.far.Place;
import io.headwater.sim.far.Verifier;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.local.LocalLinks;
import io.headwater.sim.local.LocalPorts;
import io.headwater.sim.proxy.FaultProxy;
import io.headwater.sim.proxy.FaultProxy.Effect;
import io.headwater.sim.proxy.LinkFault;
import io.headwater.sim.proxy.LinkFault.Cut;
import io.headwater.sim.proxy.LinkFault.HalfOpen;
import io.headwater.sim.proxy.LinkFault.Loss;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The link to the hub breaks while readings are under way; the outage scenario breaks the uplink.
 */
@Timeout(180)
class HubLinkIT {
  private static final String PREFIX = "link-";
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void nothingIsLostOrDoubledWhenTheHubsLinkBreaksInTheMiddleOfTraffic() {
    Seed seed = Seed.next();
    List<String> events = new ArrayList<>();
    var ledger = new Ledger();
    LocalPorts ports = LocalPorts.free();
    try (var kafka = new FaultProxy("kafka", ANY, ports.kafkaAddress(), seed.value());
        var running =
            new LocalSystemFixture(
                folder,
                ports,
                new LocalLinks(Optional.empty(), Optional.of(kafka.address())),
                events::add);
        Verifier verifier =
            Verifier.start(
                Place.Kafka.of(running.hub(), "sensors.temperature"),
                PREFIX,
                Rules.DEFAULTS,
                ledger,
                RunListener.NONE,
                Clock.systemUTC());
        var fleet =
            new Fleet(
                FleetSettings.of(running.mqtt(), PREFIX, 10, 300, "sensors/demo", seed.value()),
                ledger,
                Clock.systemUTC())) {
      fleet.connect(Duration.ofSeconds(5));
      fleet.begin();
      for (LinkFault fault : List.of(new Cut(), new HalfOpen(), new Loss(Duration.ofMillis(200)))) {
        awaitTraffic(verifier, seed + " " + events);
        assertThat(kafka.counts().bytesToTarget()).as("what the proxy passed on").isPositive();
        try (Effect _ = kafka.apply(fault)) {
          events.add(fault + " with " + verifier.arrivedCount() + " arrived");
          awaitPublished(ledger, 300);
        }
      }
      awaitTraffic(verifier, seed + " " + events);
      fleet.stop();
      assertThat(fleet.drain(LIMIT)).as("all acknowledged, %s %s", seed, events).isTrue();
      Verdict verdict = verifier.finish(Duration.ofSeconds(30));
      assertThat(verdict.passed() && verdict.reordered().total() == 0)
          .as("%s%n%s%n%s", seed, events, verdict.describe())
          .isTrue();
      assertThat(kafka.counts().resetByFaults()).as("%s", seed).isPositive();
    }
  }

  private static void awaitTraffic(Verifier verifier, String why) {
    long arrived = verifier.arrivedCount();
    Awaitility.await(why).atMost(LIMIT).until(() -> verifier.arrivedCount() > arrived + 100);
  }

  private static void awaitPublished(Ledger ledger, long more) {
    long enough = ledger.acknowledgedCount() + more;
    Awaitility.await().atMost(LIMIT).until(() -> ledger.acknowledgedCount() >= enough);
  }
}
