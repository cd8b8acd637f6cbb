package io.headwater.hub.benchmark;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** A broker process under measurement, and what the kernel says about it. */
final class Broker implements AutoCloseable {
  /**
   * As the kernel counts it in {@code /proc}; it is so on every machine with Linux that Java runs
   * on.
   */
  private static final double TICKS_PER_SECOND = 100;

  private final ChildProcess process;
  private final String address;

  Broker(ChildProcess process, String address) {
    this.process = process;
    this.address = address;
  }

  /** Host and port for Kafka clients. */
  String address() {
    return address;
  }

  ChildProcess process() {
    return process;
  }

  /** Seconds of processor time since its start, in user and kernel together. */
  double cpuSeconds() {
    String stat = read("stat").getFirst();
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** Resident memory in MB. */
  double residentMegabytes() {
    return status("VmRSS:");
  }

  /** Resident memory without files that are mapped (logs' indexes, jars), in MB. */
  double anonymousMegabytes() {
    return status("RssAnon:");
  }

  /** How often the hub has forced what was appended, since its start; Kafka never does. */
  double forces() {
    var http = Pattern.compile(" http=(\\S+)").matcher(process.output());
    if (!http.find()) {
      return 0;
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create("http://" + http.group(1) + "/metrics"));
      String series = "hub_log_commit_seconds_count ";
      return client
          .send(request.build(), HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(series))
          .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
          .sum();
    } catch (IOException e) {
      throw new IllegalStateException("the hub's metrics cannot be read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading the hub's metrics", e);
    }
  }

  private double status(String key) {
    for (String line : read("status")) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()).replace("kB", "").strip()) * 1024 / 1e6;
      }
    }
    throw new IllegalStateException("no " + key + " of process " + process.pid());
  }

  private List<String> read(String file) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException e) {
      throw new IllegalStateException(
          "the broker has ended, or this is no Linux:\n" + process.output(), e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.terminate();
    }
  }
}
