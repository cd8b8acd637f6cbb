package io.headwater.sim.local;

import io.headwater.process.HostPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;

/** Reads the metrics of a local system's processes. Confined to one thread. */
public final class Hops implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMillis(800);

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(LIMIT).build();
  private final LocalPorts ports;
  private final Map<Part, Double> counted = new EnumMap<>(Part.class);
  private long readNanos;

  public Hops(LocalPorts ports) {
    this.ports = ports;
  }

  /**
   * What passed each process since the reading before, in records a second; absent where a process
   * did not answer.
   *
   * @param depth records that the edge holds and the hub has not confirmed
   */
  public record Sample(
      OptionalDouble edge,
      OptionalDouble depth,
      OptionalDouble bridge,
      OptionalDouble hub,
      OptionalDouble results) {}

  /** Asks all processes, one after the other. */
  public Sample read() {
    long now = System.nanoTime();
    double seconds = readNanos == 0 ? 0 : (now - readNanos) / 1e9;
    readNanos = now;
    String edge = metrics(ports.http(Part.EDGE));
    return new Sample(
        rate(Part.EDGE, edge, "edge_log_appended_records_total", seconds),
        value(edge, "edge_uplink_depth_records"),
        rate(
            Part.BRIDGE,
            metrics(ports.http(Part.BRIDGE)),
            "bridge_uplink_committed_records_total",
            seconds),
        rate(Part.HUB, metrics(ports.http(Part.HUB)), "hub_produce_records_total", seconds),
        rate(
            Part.ANALYTICS,
            metrics(ports.http(Part.ANALYTICS)),
            "analytics_results_total",
            seconds));
  }

  private OptionalDouble rate(Part part, String metrics, String name, double seconds) {
    OptionalDouble count = value(metrics, name);
    if (count.isEmpty()) {
      counted.remove(part);
      return OptionalDouble.empty();
    }
    Double before = counted.put(part, count.getAsDouble());
    return before == null || seconds <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Math.max(0, count.getAsDouble() - before) / seconds);
  }

  /** The sum over all label sets of a metric in Prometheus' text form. */
  static OptionalDouble value(String metrics, String name) {
    double sum = 0;
    boolean found = false;
    for (String line : metrics.split("\n")) {
      if (line.startsWith(name)
          && line.length() > name.length()
          && (line.charAt(name.length()) == ' ' || line.charAt(name.length()) == '{')) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
        found = true;
      }
    }
    return found ? OptionalDouble.of(sum) : OptionalDouble.empty();
  }

  private String metrics(HostPort address) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://" + address + "/metrics"))
                  .timeout(LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException _) {
      return ""; // away for the moment: shown as a dash
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
