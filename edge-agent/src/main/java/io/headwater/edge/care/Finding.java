package io.headwater.edge.care;

/**
 * What was found of one thing.
 *
 * @param what was looked at: {@code disk}, {@code bridge broker.example:8883}
 * @param text how it is, and the way out if it is not well
 */
public record Finding(Level level, String what, String text) {
  /** How it is. */
  public enum Level {
    OK("ok"),
    /** It works, and may not for long, or less well than it could. */
    WARNING("warning"),
    /** The agent cannot do all that it is told to. */
    FAILED("FAILED");

    private final String word;

    Level(String word) {
      this.word = word;
    }
  }

  public static Finding ok(String what, String text) {
    return new Finding(Level.OK, what, text);
  }

  public static Finding warning(String what, String text) {
    return new Finding(Level.WARNING, what, text);
  }

  public static Finding failed(String what, String text) {
    return new Finding(Level.FAILED, what, text);
  }

  public boolean isFailed() {
    return level == Level.FAILED;
  }

  /** One line of a table. */
  @Override
  public String toString() {
    return "%-8s %s: %s".formatted(level.word, what, text);
  }
}
