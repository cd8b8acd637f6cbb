package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Figures;
import io.headwater.testsupport.measure.Quartiles;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints what a row's rounds come to. */
final class Report {
  private Report() {}

  /**
   * @param rounds figures of each broker, by its name
   */
  static void print(Row row, Map<String, List<Figures>> rounds) {
    rounds.forEach((broker, all) -> {
      for (String figure : all.getFirst().values().keySet()) {
        System.out.printf("%-22s %-14s %s%n", broker, figure, text(over(all, figure)));
      }
    });
    List<Figures> ours = rounds.get(Subjects.HEADWATER);
    if (ours == null) {
      return;
    }
    for (Target target : row.targets()) {
      Quartiles quartiles = over(ours, target.figure());
      System.out.printf(
          "%s  %s: %s, target %s %s%n",
          target.met(quartiles) ? "met   " : "MISSED",
          target.figure(),
          text(quartiles),
          target.atLeast() ? "at least" : "at most",
          number(target.bound()));
    }
  }

  private static Quartiles over(List<Figures> rounds, String figure) {
    return Quartiles.of(rounds.stream().mapToDouble(round -> round.get(figure)).toArray());
  }

  private static String text(Quartiles quartiles) {
    return number(quartiles.median())
        + " ("
        + number(quartiles.lower())
        + " to "
        + number(quartiles.upper())
        + ")";
  }

  static String number(double value) {
    String format = Math.abs(value) >= 100 ? "%.0f" : Math.abs(value) >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
