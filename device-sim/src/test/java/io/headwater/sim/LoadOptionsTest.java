package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.fleet.FleetSettings.Broker;
import io.headwater.sim.fleet.FleetSettings.Client;
import io.headwater.sim.fleet.FleetSettings.Login;
import io.headwater.sim.fleet.FleetSettings.Pace;
import io.headwater.sim.fleet.FleetSettings.Protocol;
import io.headwater.sim.fleet.FleetSettings.Version;
import io.headwater.sim.fleet.Tls;
import io.headwater.sim.scenario.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@Timeout(20)
class LoadOptionsTest {
  private static final HostPort BROKER = new HostPort("b", 1883);

  @TempDir private Path folder;

  private static FleetSettings settings(String... options) {
    return CommandLine.populateCommand(new LoadOptions(), options)
        .fleet(Load.UNSAID, BROKER, "sim", Clock.systemUTC());
  }

  @Test
  void withoutOptionsItIsAFewDevicesAtQos1() {
    FleetSettings settings = settings();
    assertThat(settings.protocol()).isEqualTo(Protocol.DEFAULTS);
    assertThat(settings.pace()).isEqualTo(Pace.DEFAULTS);
    assertThat(settings.broker()).isEqualTo(Broker.at(BROKER));
  }

  @Test
  void everyOptionReachesTheFleet() throws IOException {
    Path password = Files.writeString(folder.resolve("password"), "secret\nnot this\n");
    FleetSettings settings =
        settings(
            "--devices=7",
            "--rate=70",
            "--qos=2",
            "--mqtt-version=5",
            "--client=hivemq",
            "--jitter=20%",
            "--connect-rate=50",
            "--window=4",
            "--ack-timeout=3s",
            "--seed=5",
            "--tls-trust=ca.pem",
            "--tls-cert=c.pem",
            "--tls-key=k.pem",
            "--user=u",
            "--password-file=" + password);
    assertThat(settings)
        .isEqualTo(
            new FleetSettings(
                new Broker(
                    BROKER,
                    Optional.of(
                        new Tls(
                            Optional.of(Path.of("ca.pem")),
                            false,
                            Optional.of(new Tls.Identity(Path.of("c.pem"), Path.of("k.pem"))))),
                    Optional.of(new Login("u", "secret"))),
                settings.devicePrefix(),
                7,
                70,
                "sensors/demo",
                new Protocol(Version.V5, 2, Client.HIVEMQ),
                new Pace(0.2, 50, 4, Duration.ofSeconds(3)),
                5));
    assertThat(settings.toString()).doesNotContain("secret");
    assertThat(settings("--tls-insecure").broker().tls()).map(Tls::insecure).contains(true);
  }

  @Test
  void whatIsGivenWinsOverAScenarioAndThatOverTheDefaults() {
    Load asked =
        new Load(
            Optional.of(50),
            Optional.of(500.0),
            Optional.empty(),
            Optional.of(2),
            Optional.of("5"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of("a/b"));
    FleetSettings settings =
        CommandLine.populateCommand(new LoadOptions(), "--rate=10", "--qos=0")
            .fleet(asked, BROKER, "sim", Clock.systemUTC());
    assertThat(settings.devices()).isEqualTo(50);
    assertThat(settings.rate()).isEqualTo(10);
    assertThat(settings.topicPrefix()).isEqualTo("a/b");
    assertThat(settings.protocol()).isEqualTo(new Protocol(Version.V5, 0, Client.NETTY));
    assertThat(settings.pace()).isEqualTo(Pace.DEFAULTS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --qos=3              | --qos 3 is not 0, 1 or 2
          --mqtt-version=4     | --mqtt-version: '4' is not one of 3.1.1, 5
          --client=paho        | --client: 'paho' is not one of hivemq, netty
          --jitter=0.2         | --jitter: '0.2' is not between 0% and 90%
          --jitter=95%         | --jitter: '95%' is not between 0% and 90%
          --connect-rate=0     | --connect-rate 0.0 is not above 0 and at most 100000
          --devices=0          | --devices 0 is not between 1 and 100000
          --rate=0             | --rate 0.0 is not above 0 and at most 1000000
          --window=0           | --window 0 is not between 1 and 1000
          --ack-timeout=never  | --ack-timeout:
          --tls-cert=c.pem     | --tls-cert and --tls-key go together
          --user=u             | --user and --password-file go together
          --client=hivemq --devices=1001   | --devices 1001 is more than the 1000 that --client hivemq
          --tls-insecure --tls-trust=c.pem | --tls-insecure trusts anything
          --user=u --password-file=/no/such | --password-file: cannot read /no/such
          """)
  void aWrongValueIsNamedWithItsOptionAndWhatIsAllowed(String options, String message) {
    assertThatThrownBy(() -> settings(options.split(" +")))
        .isInstanceOfSatisfying(UserError.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("\n");
  }
}
