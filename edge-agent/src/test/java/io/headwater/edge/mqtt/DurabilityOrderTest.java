package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Publishes of all durability classes on one connection are acknowledged in order of receipt. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DurabilityOrderTest {
  private static final String PINGRESP = "d000";

  @TempDir Path folder;

  @Test
  void whatIsQueuedWaitsForWhatIsForcedBeforeIt() throws IOException {
    try (TestServer server = new TestServer(folder);
        RawClient client = server.client().connected(4, "c")) {
      server.hold.set(true);
      client.send(RawClient.publish(4, 1, 1, "fsync/x", "1"), RawClient.ping());
      assertThat(client.receive()).isEqualTo(PINGRESP);
      server.hold.set(false);
      client.send(
          RawClient.publish(4, 1, 2, "memory/x", "2"),
          RawClient.publish(4, 1, 3, "interval/x", "3"),
          RawClient.publish(4, 2, 4, "memory/x", "4"),
          RawClient.ping());
      assertThat(client.receive()).as("no acknowledgement passes the first").isEqualTo(PINGRESP);

      server.letThrough(0);

      assertThat(client.receive()).isEqualTo("40020001");
      assertThat(client.receive()).isEqualTo("40020002");
      assertThat(client.receive()).isEqualTo("40020003");
      assertThat(client.receive()).isEqualTo("50020004");
    }
  }

  @Test
  void eachClassReachesSubscribers() throws IOException {
    try (TestServer server = new TestServer(folder);
        RawClient reader = server.client().connected(4, "reader");
        RawClient client = server.client().connected(4, "c")) {
      reader.send(RawClient.subscribe(4, 1, "#"));
      assertThat(reader.receive()).startsWith("90");

      client.send(
          RawClient.publish(4, 1, 1, "memory/x", "1"),
          RawClient.publish(4, 1, 2, "interval/x", "2"),
          RawClient.publish(4, 1, 3, "fsync/x", "3"));

      assertThat(reader.receive()).contains(RawClient.hex("memory/x"));
      assertThat(reader.receive()).contains(RawClient.hex("interval/x"));
      assertThat(reader.receive()).contains(RawClient.hex("fsync/x"));
    }
  }
}
