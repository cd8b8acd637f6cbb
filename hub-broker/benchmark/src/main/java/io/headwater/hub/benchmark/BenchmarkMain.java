package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures the hub beside Apache Kafka; see {@code hub-broker/benchmark/README.md}. */
@Command(
    name = "hub-broker/benchmark/run",
    description = "Measures the hub beside Apache Kafka on this machine.",
    mixinStandardHelpOptions = true)
final class BenchmarkMain implements Callable<Integer> {
  @Parameters(
      paramLabel = "ROW",
      arity = "0..*",
      description = "What to measure; default: everything. 'list' names all.")
  private List<String> names = List.of();

  @Option(
      names = "--rounds",
      description = "Rounds after the warm-up, which is twice as long. Default: 7.")
  private int rounds = 7;

  @Option(names = "--seconds", description = "Of each broker in each round. Default: 20.")
  private int seconds = 20;

  @Option(
      names = "--folder",
      description = "Where the data folders are made; on the disk to be measured. Default: here.")
  private Path folder = Path.of("hub-broker/benchmark/target");

  @Option(
      names = "--no-journal-sync",
      description =
          "Of rows of a cluster: our bookies do not force what they acknowledge, as Kafka does not.")
  private boolean noJournalSync;

  private BenchmarkMain() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new BenchmarkMain()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (names.equals(List.of("list"))) {
      all().forEach(row -> System.out.println(row.name()));
      return 0;
    }
    List<String> known = all().map(Row::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        System.err.println("There is no row '" + name + "'; known: " + String.join(", ", known));
        return 2;
      }
    }
    Files.createDirectories(folder);
    for (Row row : all().filter(row -> names.isEmpty() || names.contains(row.name())).toList()) {
      if (Rows.CLUSTER.contains(row)) {
        measure(row, new HeadwaterCluster(!noJournalSync), ApacheKafka.cluster());
      } else {
        measure(row, new HeadwaterHub(), Rows.PAIRED.contains(row) ? ApacheKafka.single() : null);
      }
    }
    return 0;
  }

  private static Stream<Row> all() {
    return Stream.of(Rows.PAIRED, Rows.HUB_ALONE, Rows.CLUSTER).flatMap(List::stream);
  }

  private void measure(Row row, Subject ours, @Nullable Subject theirs) throws Exception {
    System.out.printf("%n== %s: %d rounds of %d s%n", row.name(), rounds, seconds);
    var done = new ArrayList<Round>();
    Path parent = folder.toAbsolutePath();
    try (Installation hub = Installation.prepare(ours, parent);
        Installation kafka = theirs == null ? null : Installation.prepare(theirs, parent)) {
      hub.start();
      row.prepare(hub);
      if (kafka != null) {
        kafka.start();
        row.prepare(kafka);
      }
      for (int i = 0; i <= rounds; i++) {
        Round round = round(row, hub, kafka, i);
        System.out.printf("%s %s%n", i == 0 ? "warm-up" : "round " + i, text(round));
        if (i > 0) {
          done.add(round);
        }
      }
    }
    Report.print(row, done);
  }

  /** Both, in turns of who is first. */
  private Round round(Row row, Installation hub, @Nullable Installation kafka, int number)
      throws Exception {
    Duration time = Duration.ofSeconds(number == 0 ? 2 * seconds : seconds); // until it is warm
    DiskProbe.Result disk = DiskProbe.measure(hub.folder(), Duration.ofSeconds(1));
    Figures first = number % 2 == 1 && kafka != null ? measure(row, kafka, number, time) : null;
    Figures ours = measure(row, hub, number, time);
    Figures theirs = first == null && kafka != null ? measure(row, kafka, number, time) : first;
    return new Round(ours, theirs, disk);
  }

  private static Figures measure(Row row, Installation installation, int number, Duration time)
      throws Exception {
    // What one has left in the page cache is not the other's to write.
    new ProcessBuilder("sync").start().waitFor();
    return row.measure(installation, number, time);
  }

  private static String text(Round round) {
    var both = new LinkedHashMap<String, String>();
    for (Map.Entry<String, Double> figure : round.hub().values().entrySet()) {
      Figures kafka = round.kafka();
      both.put(
          figure.getKey(),
          Report.number(figure.getValue())
              + (kafka == null ? "" : " / " + Report.number(kafka.get(figure.getKey()))));
    }
    both.put("disk MB/s", Report.number(round.disk().megabytesPerSecond()));
    both.put("disk force ms", Report.number(round.disk().forceMillis()));
    return both.toString();
  }
}
