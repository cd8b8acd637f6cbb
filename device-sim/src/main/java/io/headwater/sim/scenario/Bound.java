package io.headwater.sim.scenario;

import io.headwater.process.Durations;
import java.util.Locale;

/**
 * A limit on something measured.
 *
 * @param limit in milliseconds, readings, devices, or per cent, as the measure's unit says
 * @param percent whether the limit is per cent of what the load asks for
 */
public record Bound(Measure measure, double limit, boolean percent) {
  static Bound parse(Measure measure, String text) {
    return switch (measure.unit()) {
      case MILLIS -> new Bound(measure, Durations.parse(text).toMillis(), false);
      case COUNT -> new Bound(measure, number(text), false);
      case COUNT_OR_PERCENT ->
          text.endsWith("%")
              ? new Bound(measure, number(text.substring(0, text.length() - 1)), true)
              : new Bound(measure, number(text), false);
    };
  }

  private static double number(String text) {
    try {
      double number = Double.parseDouble(text.strip());
      if (number >= 0 && number < 1e15) {
        return number;
      }
    } catch (NumberFormatException _) {
      // The message below says what is expected.
    }
    throw new IllegalArgumentException("'" + text + "' is not a number from 0 on");
  }

  /**
   * @param whole what a limit in per cent refers to
   */
  public boolean holds(double measured, double whole) {
    double absolute = percent ? limit * whole / 100 : limit;
    return measure.atLeast() ? measured >= absolute : measured <= absolute;
  }

  /** For people: {@code arrived-p99 <= 2000 ms}. */
  public String describe() {
    return measure.label() + (measure.atLeast() ? " >= " : " <= ") + number(limit) + unit();
  }

  /** A value of this measure for people. */
  public String describe(double measured) {
    return number(measured) + (measure.unit() == Measure.Unit.MILLIS ? " ms" : "");
  }

  private String unit() {
    return percent ? " %" : measure.unit() == Measure.Unit.MILLIS ? " ms" : "";
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.1f", value);
  }
}
