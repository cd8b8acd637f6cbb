package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Quartiles;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Prints what a row's rounds come to. */
final class Report {
  private Report() {}

  static void print(Row row, List<Round> rounds) {
    Round any = rounds.getFirst();
    System.out.printf("%-28s %12s %12s  %s%n", "median of", "headwater", "kafka", "ratio");
    for (String figure : any.hub().values().keySet()) {
      double ours = over(rounds, round -> round.hub().get(figure)).median();
      if (any.kafka() == null) {
        System.out.printf("%-28s %12s%n", figure, number(ours));
      } else {
        double theirs = over(rounds, round -> round.kafkaFigures().get(figure)).median();
        System.out.printf(
            "%-28s %12s %12s  %s%n",
            figure, number(ours), number(theirs), text(over(rounds, round -> round.ratio(figure))));
      }
    }
    System.out.printf(
        "%-28s %12s%n%-28s %12s%n",
        "disk MB/s",
        number(over(rounds, round -> round.disk().megabytesPerSecond()).median()),
        "disk force ms",
        number(over(rounds, round -> round.disk().forceMillis()).median()));
    for (Target target : row.targets()) {
      Quartiles quartiles = over(rounds, target.value());
      System.out.printf(
          "%s  %s: %s, target %s %s%n",
          target.met(quartiles) ? "met   " : "MISSED",
          target.what(),
          text(quartiles),
          target.atLeast() ? "at least" : "at most",
          number(target.bound()));
    }
  }

  private static Quartiles over(List<Round> rounds, ToDoubleFunction<Round> value) {
    return Quartiles.of(rounds.stream().mapToDouble(value).toArray());
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
