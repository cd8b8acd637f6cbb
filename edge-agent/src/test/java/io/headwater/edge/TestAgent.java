package io.headwater.edge;

import io.headwater.edge.log.LogPrinter;
import io.headwater.edge.log.PrintedRow;
import io.headwater.process.Config;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An agent in this process, on free ports, without a bridge, configured by a file as users do. */
final class TestAgent implements AutoCloseable {
  private final Path data;
  private final EdgeAgent agent;
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * Starts it.
   *
   * @param more lines of configuration: {@code remotes:}
   */
  TestAgent(Path folder, String name, int port, String more) throws IOException {
    this(folder, name, port, more, Clock.systemUTC());
  }

  /**
   * As above.
   *
   * @param wall the wall clock that it has
   */
  TestAgent(Path folder, String name, int port, String more, InstantSource wall)
      throws IOException {
    data = folder.resolve(name);
    Path file =
        Files.writeString(
            folder.resolve(name + ".yaml"),
            """
            data: %s
            gateway: %s
            listen:
              mqtt: 127.0.0.1:%d
            http: 127.0.0.1:0
            uplink:
              bridges: []
            %s
            """
                .formatted(data, name, port, more));
    EdgeConfig config =
        Config.read("edge", EdgeConfig.DEFAULTS, Optional.of(file), Map.of(), List.of());
    agent = EdgeAgent.start(config, () -> config, wall);
  }

  TestAgent(Path folder, String name, String more) throws IOException {
    this(folder, name, 0, more);
  }

  int port() {
    String address = String.valueOf(agent.addresses().get("mqtt"));
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  /** Where its HTTP is. */
  String http() {
    return String.valueOf(agent.addresses().get("http"));
  }

  /** A page of its HTTP server. */
  HttpResponse<String> get(String page) {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://" + http() + page)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The sum of a metric over all series that have this label; 0 if there are none. */
  long metric(String name, String label) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{") && line.contains(label))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  boolean isConnected(String remote) {
    return metric("edge_remote_connected", "remote=\"" + remote + '"') == 1;
  }

  /** What the log holds. */
  List<PrintedRow> rows() {
    var rows = new ArrayList<PrintedRow>();
    LogPrinter.print(data.resolve(EdgeAgent.LOG_FOLDER), _ -> true, Long.MAX_VALUE, rows::add);
    return rows;
  }

  /** The values of a client's rows, in the order of the log. */
  List<String> values(String client) {
    return rows().stream()
        .filter(row -> row.record().mqttClient().equals(client))
        .map(row -> new String(row.record().value(), StandardCharsets.UTF_8))
        .toList();
  }

  @Override
  public void close() {
    agent.close();
  }
}
