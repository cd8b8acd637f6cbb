package io.headwater.edge.log;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What becomes of a route's readings when the log has no room: as text {@code reject}, {@code
 * drop-oldest}, {@code drop-newest}, {@code decimate 10} or {@code critical}.
 *
 * @param oneOf of so many readings of a key one is kept, 2 to 10,000; only of {@code DECIMATE},
 *     otherwise 1
 */
public record WhenFull(Kind kind, int oneOf) {
  /** What happens to a new reading, and to those that are there. */
  public enum Kind {
    /** It is refused. What was acknowledged stays. */
    REJECT,
    /** It takes the place of the oldest: whole files are given up, though the hub has them not. */
    DROP_OLDEST,
    /** It is acknowledged and given up. */
    DROP_NEWEST,
    /**
     * While room is scarce one of some is kept, the others are given up; all when there is none.
     */
    DECIMATE,
    /** It goes into the reserve, and is refused once that is used up. */
    CRITICAL
  }

  public static final WhenFull REJECT = new WhenFull(Kind.REJECT, 1);
  public static final WhenFull DROP_OLDEST = new WhenFull(Kind.DROP_OLDEST, 1);
  public static final WhenFull DROP_NEWEST = new WhenFull(Kind.DROP_NEWEST, 1);
  public static final WhenFull CRITICAL = new WhenFull(Kind.CRITICAL, 1);

  private static final int MOST = 10_000;
  private static final Pattern DECIMATE = Pattern.compile("decimate +(\\d{1,5})");

  public WhenFull {
    boolean thins = kind == Kind.DECIMATE;
    if (thins ? oneOf < 2 || oneOf > MOST : oneOf != 1) {
      throw new IllegalArgumentException("decimate " + oneOf + " is not 2 to " + MOST);
    }
  }

  /** Keeps one of so many readings of a key while room is scarce. */
  public static WhenFull decimate(int oneOf) {
    return new WhenFull(Kind.DECIMATE, oneOf);
  }

  /** Whether its readings may be given up for others once they are in the log. */
  boolean mayBeDropped() {
    return kind == Kind.DROP_OLDEST;
  }

  /** Reads the forms of the class comment; anything else is an IllegalArgumentException. */
  public static WhenFull parse(String text) {
    Matcher thinned = DECIMATE.matcher(text);
    if (thinned.matches()) {
      return decimate(Integer.parseInt(thinned.group(1)));
    }
    return switch (text) {
      case "reject" -> REJECT;
      case "drop-oldest" -> DROP_OLDEST;
      case "drop-newest" -> DROP_NEWEST;
      case "critical" -> CRITICAL;
      default ->
          throw new IllegalArgumentException(
              "'"
                  + text
                  + "' is no policy: write reject, drop-oldest, drop-newest, critical, or for"
                  + " example decimate 10");
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case REJECT -> "reject";
      case DROP_OLDEST -> "drop-oldest";
      case DROP_NEWEST -> "drop-newest";
      case DECIMATE -> "decimate " + oneOf;
      case CRITICAL -> "critical";
    };
  }
}
