package io.headwater.sim.far;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.Threads;
import io.headwater.sim.judge.Arrival;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows a topic of window results and sums up the newest window over the run's devices. */
public final class WindowResults implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(WindowResults.class);
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration POLL = Duration.ofMillis(100);

  private final FarEnd tail;
  private final String devicePrefix;

  /** Of the newest window, by device. Confined to the reading thread. */
  private final Map<String, JsonNode> newestByDevice = new HashMap<>();

  private String newestStart = "";
  private volatile boolean closing;
  private volatile Optional<Window> newest = Optional.empty();
  private volatile OptionalLong firstNanos = OptionalLong.empty();

  /**
   * The newest window over all devices of the run.
   *
   * @param start inclusive
   * @param end exclusive
   * @param devices with readings in it
   * @param count readings in it
   */
  public record Window(
      Instant start, Instant end, int devices, long count, double min, double mean, double max) {}

  private WindowResults(FarEnd tail, String devicePrefix) {
    this.tail = tail;
    this.devicePrefix = devicePrefix;
  }

  /** Begins after what is in the topic now. */
  public static WindowResults start(Place.Kafka place, String devicePrefix, Clock clock) {
    var results = new WindowResults(place.open(clock), devicePrefix);
    Threads.start("sim-results-0", results::run);
    return results;
  }

  public Optional<Window> newest() {
    return newest;
  }

  /** When the first result of the run was seen, as {@link System#nanoTime}. */
  public OptionalLong firstNanos() {
    return firstNanos;
  }

  private void run() {
    try (tail) {
      while (!closing) {
        for (Arrival arrival : tail.poll(POLL)) {
          byte[] value = arrival.value();
          if (value != null) {
            take(value);
          }
        }
        sumUp();
      }
    } catch (RuntimeException e) {
      // The verdict does not need the results.
      LOGGER.atWarn().setCause(e).log("Window results cannot be followed any longer");
    }
  }

  private void take(byte[] value) {
    JsonNode result;
    try {
      result = JSON.readTree(value);
    } catch (JacksonException _) {
      return; // not a window result
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    }
    String device = result.path("key").asText();
    String start = result.path("start").asText();
    if (!device.startsWith(devicePrefix) || start.isEmpty()) {
      return;
    }
    if (firstNanos.isEmpty()) {
      firstNanos = OptionalLong.of(System.nanoTime());
    }
    int order = start.compareTo(newestStart); // ISO instants of one form
    if (order > 0) {
      newestByDevice.clear();
      newestStart = start;
    }
    if (order >= 0) {
      newestByDevice.put(device, result);
    }
  }

  private void sumUp() {
    if (newestByDevice.isEmpty()) {
      return;
    }
    long count = 0;
    double sum = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    String end = newestStart;
    for (JsonNode result : newestByDevice.values()) {
      long readings = result.path("count").asLong();
      count += readings;
      sum += readings * result.path("mean").asDouble();
      min = Math.min(min, result.path("min").asDouble());
      max = Math.max(max, result.path("max").asDouble());
      end = result.path("end").asText();
    }
    newest =
        Optional.of(
            new Window(
                Instant.parse(newestStart),
                Instant.parse(end),
                newestByDevice.size(),
                count,
                min,
                count == 0 ? 0 : sum / count,
                max));
  }

  @Override
  public void close() {
    closing = true;
  }
}
