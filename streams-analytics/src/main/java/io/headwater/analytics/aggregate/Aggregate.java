package io.headwater.analytics.aggregate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One thing that a query tells of a window: {@code mean}, {@code p95(celsius)}.
 *
 * @param rank of a percentile, 0 to 1; otherwise 0
 * @param field what it is told of; empty for {@code count}, which counts readings
 * @param label its name in results: {@code mean}, {@code celsius_p95}
 */
public record Aggregate(Function function, double rank, String field, String label) {
  /** The field of aggregates that name none. */
  public static final String VALUE = "value";

  private static final Pattern CALL = Pattern.compile("([a-z0-9_.]+)(?:\\(\\s*(\\w+)\\s*\\))?");
  private static final Pattern PERCENTILE = Pattern.compile("p(\\d{1,2}(?:\\.\\d{1,4})?)");

  /**
   * Reads {@code function} or {@code function(field)}.
   *
   * @throws UnknownAggregate if there is no such function
   * @throws IllegalArgumentException that says what is expected, if it is no such text
   */
  public static Aggregate parse(String text) {
    Matcher call = CALL.matcher(text);
    if (!call.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an aggregate: write for example mean, or mean(field)");
    }
    String name = call.group(1);
    String field = call.group(2) == null ? VALUE : call.group(2);
    String prefix = call.group(2) == null ? "" : field + "_";
    Matcher percentile = PERCENTILE.matcher(name);
    if (percentile.matches()) {
      double rank = Double.parseDouble(percentile.group(1)) / 100;
      return new Aggregate(Function.PERCENTILE, rank, field, prefix + name.replace('.', '_'));
    }
    if (name.equals("median")) {
      return new Aggregate(Function.PERCENTILE, 0.5, field, prefix + name);
    }
    for (Function function : Function.values()) {
      if (function.label().equals(name) && function != Function.PERCENTILE) {
        boolean ofReadings = function == Function.COUNT && call.group(2) == null;
        return new Aggregate(function, 0, ofReadings ? "" : field, prefix + name);
      }
    }
    throw new UnknownAggregate(name);
  }

  /** The text names a function that does not exist. */
  public static final class UnknownAggregate extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String name;

    UnknownAggregate(String name) {
      super("unknown aggregate '" + name + "'");
      this.name = name;
    }

    public String name() {
      return name;
    }
  }

  /** What may be written, {@code p95} standing for all percentiles. */
  public static List<String> names() {
    var names = new ArrayList<String>();
    Arrays.stream(Function.values())
        .filter(function -> function != Function.PERCENTILE)
        .forEach(function -> names.add(function.label()));
    names.addAll(List.of("median", "p95"));
    return names;
  }

  /** Whether it is a whole number. */
  public boolean isCount() {
    return function == Function.COUNT;
  }

  /** Whether it is told of a field, rather than of the readings as such. */
  public boolean hasField() {
    return !field.isEmpty();
  }

  /**
   * What it is in a window.
   *
   * @param endMs until when the last reading of a time-weighted mean counts
   * @return not a number if the window cannot tell, as the rate of a single reading
   */
  double of(FieldState state, long endMs) {
    if (state.moments().count() == 0 && function != Function.COUNT && function != Function.SUM) {
      return Double.NaN;
    }
    return switch (function) {
      case COUNT -> state.moments().count();
      case SUM -> state.moments().total();
      case MIN -> state.moments().min();
      case MAX -> state.moments().max();
      case MEAN -> state.moments().mean();
      case STDDEV -> state.requireSpread().deviation();
      case FIRST -> state.requireEnds().first();
      case LAST -> state.requireEnds().last();
      case DELTA -> state.requireEnds().delta();
      case RATE -> state.requireEnds().rate();
      case TIME_WEIGHTED_MEAN -> state.requirePoints().weightedMean(endMs);
      case PERCENTILE -> state.requireSketch().percentile(rank);
    };
  }
}
