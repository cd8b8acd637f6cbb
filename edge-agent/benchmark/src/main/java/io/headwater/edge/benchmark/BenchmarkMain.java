package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures the agent beside other brokers; see {@code edge-agent/benchmark/README.md}. */
@Command(
    name = "edge-agent/benchmark/run",
    description = "Measures the edge agent beside Mosquitto and HiveMQ CE on this machine.",
    mixinStandardHelpOptions = true)
final class BenchmarkMain implements Callable<Integer> {
  @Parameters(
      paramLabel = "ROW",
      arity = "0..*",
      description = "What to measure; default: everything. 'list' names all.")
  private List<String> names = List.of();

  @Option(
      names = "--rounds",
      description = "Rounds after the warm-up, which is twice as long. Default: 5.")
  private int rounds = 5;

  @Option(names = "--seconds", description = "Of each broker in each round. Default: 10.")
  private int seconds = 10;

  @Option(names = "--brokers", split = ",", description = "Only these. Default: all.")
  private List<String> brokers = List.of();

  @Option(
      names = "--folder",
      description = "Where the data folders are made; on the disk to be measured. Default: here.")
  private Path folder = Path.of("edge-agent/benchmark/target");

  private BenchmarkMain() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new BenchmarkMain()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (names.equals(List.of("list"))) {
      Rows.ALL.forEach(row -> System.out.println(row.name()));
      return 0;
    }
    List<Subject> all = Subjects.all();
    List<Subject> subjects =
        all.stream()
            .filter(subject -> brokers.isEmpty() || brokers.contains(subject.name()))
            .toList();
    if (!areKnown("row", names, Rows.ALL.stream().map(Row::name).toList())
        || !areKnown("broker", brokers, all.stream().map(Subject::name).toList())) {
      return 2;
    }
    Files.createDirectories(folder);
    for (Row row : Rows.ALL) {
      if (names.isEmpty() || names.contains(row.name())) {
        measure(row, subjects);
      }
    }
    return 0;
  }

  private static boolean areKnown(String what, List<String> asked, List<String> known) {
    for (String name : asked) {
      if (!known.contains(name)) {
        System.err.printf("There is no %s '%s'; known: %s%n", what, name, String.join(", ", known));
        return false;
      }
    }
    return true;
  }

  private void measure(Row row, List<Subject> subjects) throws IOException, InterruptedException {
    System.out.printf("%n== %s: %d rounds of %d s%n", row.name(), rounds, seconds);
    var standing = new LinkedHashMap<Subject, Installation>();
    var figures = new LinkedHashMap<String, List<Figures>>();
    subjects.forEach(subject -> figures.put(subject.name(), new ArrayList<>()));
    var order = new ArrayList<>(subjects);
    try (var clients = new Clients()) {
      if (!row.isFresh()) {
        for (Subject subject : subjects) {
          Installation made = Installation.start(subject, folder.toAbsolutePath(), clients);
          standing.put(subject, made);
          row.prepare(made, clients);
        }
      }
      for (int i = row.isFresh() ? 1 : 0; i <= rounds; i++) {
        for (Subject subject : order) {
          Figures measured = round(row, subject, standing, clients, i);
          System.out.printf(
              "%s %s %s%n", i == 0 ? "warm-up" : "round " + i, subject.name(), text(measured));
          if (i > 0) {
            figures.getOrDefault(subject.name(), new ArrayList<>()).add(measured);
          }
        }
        Collections.rotate(order, 1);
      }
    } finally {
      for (Installation each : standing.values()) {
        each.close();
      }
    }
    Report.print(row, figures);
  }

  private Figures round(
      Row row, Subject subject, Map<Subject, Installation> standing, Clients clients, int number)
      throws IOException, InterruptedException {
    // What one has left in the page cache is not the other's to write.
    new ProcessBuilder("sync").start().waitFor();
    Installation there = standing.get(subject);
    if (there != null) {
      return row.measure(there, clients, number == 0 ? 2 * seconds : seconds);
    }
    try (Installation made = Installation.start(subject, folder.toAbsolutePath(), clients)) {
      return row.measure(made, clients, seconds);
    }
  }

  private static String text(Figures figures) {
    var all = new LinkedHashMap<String, String>();
    figures.values().forEach((name, value) -> all.put(name, Report.number(value)));
    return all.toString();
  }
}
