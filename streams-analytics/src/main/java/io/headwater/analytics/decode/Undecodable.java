package io.headwater.analytics.decode;

/** A record from which no reading can be taken. */
public final class Undecodable extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why, as it is counted. */
  public enum Reason {
    /** The payload is not JSON. */
    NOT_JSON,
    /** The payload is not a line of the declared columns. */
    NOT_CSV,
    /** None of the query's paths yields a finite number, or the payload is none. */
    NO_NUMBER,
    /** There is no payload. */
    EMPTY,
    /** There is no key to aggregate by. */
    NO_KEY,
    /** A condition asks for something that the reading does not have. */
    NO_FIELD
  }

  private final Reason reason;

  public Undecodable(Reason reason, String cause) {
    super(cause, null, false, false); // many may come, and nobody looks where they were thrown
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
