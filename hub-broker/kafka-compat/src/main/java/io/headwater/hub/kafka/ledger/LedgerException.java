package io.headwater.hub.kafka.ledger;

import org.jspecify.annotations.Nullable;

/** What a ledger could not do, and why, for its owner to act upon. */
public final class LedgerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why. */
  public enum Reason {
    /** Somebody else has taken the ledger over: the writer is no owner any more. */
    FENCED,
    /** Too few stores answer; trying again may help. */
    TOO_FEW_STORES,
    /** There is no such ledger, or no such entry. */
    MISSING,
    /** Anything else; trying again may help. */
    UNAVAILABLE
  }

  private final Reason reason;

  public LedgerException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
