package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import org.apache.bookkeeper.client.BKException;
import org.apache.bookkeeper.client.BKException.Code;

/** What the codes of BookKeeper's client mean for the owner of a ledger. */
final class LedgerFailures {
  private LedgerFailures() {}

  /**
   * @param what that failed: {@code append to ledger 7}
   * @param code one of {@link Code}
   */
  static LedgerException of(String what, int code) {
    return new LedgerException(
        reason(code),
        "%s failed: %s (%d)".formatted(what, BKException.getMessage(code), code),
        BKException.create(code));
  }

  static LedgerException of(String what, Throwable failure) {
    int code = BKException.getExceptionCode(failure, Code.UnexpectedConditionException);
    return new LedgerException(
        reason(code),
        "%s failed: %s (%d)".formatted(what, BKException.getMessage(code), code),
        failure);
  }

  private static Reason reason(int code) {
    return switch (code) {
      // Closed: by whom has recovered it; the writer's own end is kept apart. Metadata version: it
      // was closed at another end than the writer's.
      case Code.LedgerFencedException, Code.LedgerClosedException, Code.MetadataVersionException ->
          Reason.FENCED;
      // Recovery and read fail as such when too few have answered.
      case Code.NotEnoughBookiesException,
          Code.NoBookieAvailableException,
          Code.BookieHandleNotAvailableException,
          Code.QuorumException,
          Code.WriteException,
          Code.WriteOnReadOnlyBookieException,
          Code.LedgerRecoveryException,
          Code.AddEntryQuorumTimeoutException,
          Code.TimeoutException ->
          Reason.TOO_FEW_STORES;
      case Code.NoSuchLedgerExistsException,
          Code.NoSuchLedgerExistsOnMetadataServerException,
          Code.NoSuchEntryException ->
          Reason.MISSING;
      default -> Reason.UNAVAILABLE;
    };
  }
}
