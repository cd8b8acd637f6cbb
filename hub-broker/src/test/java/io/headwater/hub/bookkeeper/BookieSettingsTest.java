package io.headwater.hub.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
class BookieSettingsTest {
  private static final Duration SESSION = Duration.ofSeconds(6);

  @Test
  void isSafeByDefault() {
    var settings = BookieSettings.safe(new HostPort("127.0.0.1", 3181), SESSION);

    assertThat(settings.syncJournal()).isTrue();
    assertThat(settings.autoRecovery()).isTrue();
    assertThat(settings.id()).isEqualTo("127.0.0.1:3181");
    assertThat(settings.listensEverywhere()).isFalse();
  }

  @Test
  void mayListenEverywhereUnderAName() {
    var settings =
        new BookieSettings(new HostPort("0.0.0.0", 3181), "localhost", SESSION, true, false);

    assertThat(settings.id()).isEqualTo("localhost:3181");
    assertThat(settings.listensEverywhere()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 0, 127.0.0.1, has no port",
    "0.0.0.0, 3181, 0.0.0.0, no address that others can connect to",
    "127.0.0.1, 3181, localhost, advertised as localhost and listens on 127.0.0.1",
  })
  void refusesWhatOthersCouldNotReach(String host, int port, String advertised, String message) {
    assertThatThrownBy(
            () -> new BookieSettings(new HostPort(host, port), advertised, SESSION, true, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 1, 2", "3, 1, 2", "3, 2, 2", "3, 3, 3", "4, 2, 3", "5, 2, 3"})
  void aMajorityAtLeastHasWhatIsAcknowledged(int replicationFactor, int minInSync, int quorum) {
    assertThat(new LedgerSettings("zk:2181", SESSION, replicationFactor, minInSync, 3).ackQuorum())
        .isEqualTo(quorum);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 1, replicationFactor=0 < min 1",
    "3, 0, 3, minInSync=0 is not between 1 and replicationFactor=3",
    "3, 4, 3, minInSync=4 is not between 1 and replicationFactor=3",
    "3, 2, 0, configuredBookies=0 < min 1",
  })
  void refusesLedgersThatCannotBe(int replicationFactor, int minInSync, int bookies, String why) {
    assertThatThrownBy(
            () -> new LedgerSettings("zk:2181", SESSION, replicationFactor, minInSync, bookies))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
