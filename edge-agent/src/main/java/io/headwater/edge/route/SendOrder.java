package io.headwater.edge.route;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * In which order a stream's readings go to the hub when some have waited: as text {@code
 * oldest-first}, {@code newest-first} or {@code interleave 3:1}.
 *
 * @param live and {@code backfill}: batches of either in turn while both wait, 1 to 1000; only of
 *     {@code INTERLEAVE}, otherwise 0
 */
public record SendOrder(Kind kind, int live, int backfill) {
  /** What goes first. */
  public enum Kind {
    /** What has waited goes before new readings. */
    OLDEST_FIRST,
    /** New readings go before what has waited, and of that the newest. */
    NEWEST_FIRST,
    /** New readings and what has waited go by turns. */
    INTERLEAVE
  }

  public static final SendOrder OLDEST_FIRST = new SendOrder(Kind.OLDEST_FIRST, 0, 0);
  public static final SendOrder NEWEST_FIRST = new SendOrder(Kind.NEWEST_FIRST, 0, 0);

  private static final int MOST_IN_TURN = 1000;
  private static final Pattern INTERLEAVE = Pattern.compile("interleave +(\\d{1,4}):(\\d{1,4})");

  public SendOrder {
    boolean byTurns = kind == Kind.INTERLEAVE;
    if (byTurns != isTurn(live) || byTurns != isTurn(backfill)) {
      throw new IllegalArgumentException(
          "interleave " + live + ":" + backfill + " is not of 1 to " + MOST_IN_TURN);
    }
  }

  private static boolean isTurn(int batches) {
    return batches >= 1 && batches <= MOST_IN_TURN;
  }

  /** By turns: so many batches of new readings, then so many of what has waited. */
  public static SendOrder interleave(int live, int backfill) {
    return new SendOrder(Kind.INTERLEAVE, live, backfill);
  }

  /** Reads the forms of the class comment; anything else is an IllegalArgumentException. */
  public static SendOrder parse(String text) {
    if (text.equals(OLDEST_FIRST.toString())) {
      return OLDEST_FIRST;
    }
    if (text.equals(NEWEST_FIRST.toString())) {
      return NEWEST_FIRST;
    }
    Matcher turns = INTERLEAVE.matcher(text);
    if (turns.matches()) {
      return interleave(Integer.parseInt(turns.group(1)), Integer.parseInt(turns.group(2)));
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is no order: write oldest-first, newest-first, or for example interleave 3:1");
  }

  @Override
  public String toString() {
    return switch (kind) {
      case OLDEST_FIRST -> "oldest-first";
      case NEWEST_FIRST -> "newest-first";
      case INTERLEAVE -> "interleave " + live + ":" + backfill;
    };
  }
}
