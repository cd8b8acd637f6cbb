package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.connect;
import static io.headwater.edge.mqtt.Packets.publish;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections of one client that follow each other faster than they can be served. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TakeoverTest {
  private static final int ROUNDS = 200;

  @TempDir Path folder;

  @Test
  void newcomersQueueUpAndNothingTheyPublishIsLost() throws IOException {
    try (var server = new TestServer(folder)) {
      var clients = new ArrayList<RawClient>();
      for (int i = 0; i < ROUNDS; i++) {
        for (String which : new String[] {"left", "right"}) {
          RawClient client = server.client();
          client.send(connect("one", 60), publish(2, 1, "t", which + i));
          clients.add(client);
        }
        while (clients.size() > 20) {
          awaitEnd(clients.removeFirst());
        }
      }
      try (RawClient last = server.client().send(connect("one", 60))) {
        assertThat(last.receive()).as("session present").matches("20..0100.*");
        assertThat(last.send(RawClient.ping()).receive()).isEqualTo("d000");
        Awaitility.await()
            .untilAsserted(
                () -> assertThat(server.rows()).hasSize(2 * ROUNDS).doesNotHaveDuplicates());
      }
      for (RawClient each : clients) {
        awaitEnd(each);
      }
    }
  }

  /** All but the last are ended by the server. */
  private static void awaitEnd(RawClient client) throws IOException {
    try (client) {
      while (!client.receive().equals("closed")) {
        // What came before.
      }
    } catch (SocketException _) {
      // Reset: the server had not read all of it.
    }
  }
}
