package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that are Mosquitto's clients, one of which is killed in mid-stream. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class SharedMosquittoIT {
  private static final int ALL = 4000;

  @TempDir Path folder;

  private Path output(String id) {
    return folder.resolve(id + ".out");
  }

  private Process member(TestServer server, String id, String... options) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                // What is acknowledged is written, also by one that is killed.
                "stdbuf",
                "-oL",
                OutsideSoftware.find("mosquitto_sub").toString(),
                "-p",
                "" + server.port(),
                "-i",
                id,
                "-c",
                "-t",
                "$share/pumps/t/+"));
    command.addAll(List.of(options));
    return new ProcessBuilder(command).redirectOutput(output(id).toFile()).start();
  }

  private List<String> lines(String id) throws IOException {
    return Files.readAllLines(output(id));
  }

  private List<String> lines() throws IOException {
    var lines = new ArrayList<String>();
    for (String id : List.of("old", "fresh", "killed")) {
      lines.addAll(lines(id));
    }
    return lines;
  }

  @Test
  void nothingIsLostWhenOneOfThemIsKilled() throws Exception {
    var processes = new ArrayList<Process>();
    try (var server =
            new TestServer(
                folder.resolve("log"),
                MqttSettings.DEFAULTS,
                new LogSettings(
                    ByteSize.ofKibibytes(256), ByteSize.ofMebibytes(64), Duration.ZERO, 8192));
        RawClient sensor = server.client().connected(5, "sensor")) {
      processes.add(member(server, "old", "-q", "1"));
      processes.add(member(server, "fresh", "-q", "2", "-V", "5", "-x", "60"));
      Process killed = member(server, "killed", "-q", "1", "-V", "5", "-x", "60");
      processes.add(killed);
      int[] said = {0};
      Awaitility.await()
          .until(() -> {
            say(sensor, "first-" + said[0]++);
            return !lines("old").isEmpty()
                && !lines("fresh").isEmpty()
                && !lines("killed").isEmpty();
          });
      for (int i = 0; i < ALL; i++) {
        say(sensor, "" + i);
        if (i == ALL / 2) {
          killed.destroyForcibly().waitFor();
        }
      }
      var wanted = new TreeSet<>(IntStream.range(0, ALL).mapToObj(i -> "" + i).toList());
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> {
            var missing = new TreeSet<>(wanted);
            missing.removeAll(lines());
            assertThat(missing).as("lost").isEmpty();
          });
      assertThat(lines("killed").size()).as("while it lived").isGreaterThan(ALL / 10);
      assertThat(lines().size()).as("with those that come twice").isLessThan(ALL + said[0] + 200);
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  private static void say(RawClient sensor, String payload) throws IOException {
    sensor.send(Packets.publish(2, 1, "t/" + payload.length(), payload));
    assertThat(sensor.receive()).startsWith("40");
  }
}
