package io.headwater.hub.benchmark;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A broker's process under measurement, or those of a cluster, and what the kernel says of them.
 */
final class Broker implements AutoCloseable {
  /**
   * As the kernel counts it in {@code /proc}; it is so on every machine with Linux that Java runs
   * on.
   */
  private static final double TICKS_PER_SECOND = 100;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final List<ChildProcess> processes;
  private final String address;

  Broker(ChildProcess process, String address) {
    this(List.of(process), address);
  }

  /**
   * @param address of any of them, for clients
   */
  Broker(List<ChildProcess> processes, String address) {
    this.processes = List.copyOf(processes);
    this.address = address;
  }

  /** Host and port for Kafka clients. */
  String address() {
    return address;
  }

  int nodes() {
    return processes.size();
  }

  /** Of the first node. */
  long pid() {
    return processes.getFirst().pid();
  }

  boolean isAlive() {
    return processes.stream().allMatch(ChildProcess::isAlive);
  }

  /** What has been printed. */
  String output() {
    return processes.stream().map(ChildProcess::output).collect(Collectors.joining("\n"));
  }

  /** SIGKILL. */
  void kill() {
    processes.forEach(ChildProcess::close);
  }

  /** Seconds of processor time since the start, in user and kernel together, of all. */
  double cpuSeconds() {
    return processes.stream().mapToDouble(Broker::cpuSeconds).sum();
  }

  private static double cpuSeconds(ChildProcess process) {
    String stat = read(process, "stat").getFirst();
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** Resident memory in MB; of a cluster, of the largest node. */
  double residentMegabytes() {
    return status("VmRSS:");
  }

  /** The same without files that are mapped (logs' indexes, jars). */
  double anonymousMegabytes() {
    return status("RssAnon:");
  }

  /** How often the hub has forced what was appended, since its start; Kafka never does. */
  double forces() {
    var http = Pattern.compile(" http=(\\S+)").matcher(output());
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
    return processes.stream().mapToDouble(process -> status(process, key)).max().orElseThrow();
  }

  private static double status(ChildProcess process, String key) {
    for (String line : read(process, "status")) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()).replace("kB", "").strip()) * 1024 / 1e6;
      }
    }
    throw new IllegalStateException("no " + key + " of process " + process.pid());
  }

  private static List<String> read(ChildProcess process, String file) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException e) {
      throw new IllegalStateException(
          "the broker has ended, or this is no Linux:\n" + process.output(), e);
    }
  }

  @Override
  public void close() {
    // All at once: those of a cluster wait for each other.
    processes.stream().filter(ChildProcess::isAlive).forEach(process -> process.signal("TERM"));
    processes.forEach(process -> process.awaitExit(PATIENCE));
  }
}
