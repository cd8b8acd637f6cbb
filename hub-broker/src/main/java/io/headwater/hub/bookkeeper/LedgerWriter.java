package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.Ledgers;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.bookkeeper.client.BKException.BKLedgerClosedException;
import org.apache.bookkeeper.client.BKException.Code;
import org.apache.bookkeeper.client.LedgerHandle;
import org.jspecify.annotations.Nullable;

/** The one writer of a ledger. Its first failure is final, and is that of all later appends. */
final class LedgerWriter extends LedgerReader implements Ledgers.Writer {
  private final LedgerHandle handle;
  private final boolean isShort;
  private final AtomicReference<@Nullable LedgerException> end = new AtomicReference<>();

  LedgerWriter(LedgerHandle handle, @Nullable OwnCopy own, boolean isShort) {
    super(handle, own);
    this.handle = handle;
    this.isShort = isShort;
  }

  @Override
  public CompletableFuture<Void> append(ByteBuffer entry) {
    LedgerException ended = end.get();
    if (ended != null) {
      return CompletableFuture.failedFuture(ended);
    }
    var appended = new CompletableFuture<Void>();
    // The client's callbacks come in the order of the entries. Its futures would not keep it: what
    // is added to one that is complete already runs at once.
    handle.asyncAddEntry(
        Unpooled.wrappedBuffer(entry),
        (code, _, _, _) -> {
          if (code == Code.OK) {
            appended.complete(null);
          } else {
            appended.completeExceptionally(
                endedBy(LedgerFailures.of("append to " + describe(), code)));
          }
        },
        null);
    return appended;
  }

  private String describe() {
    var newest = handle.getLedgerMetadata().getAllEnsembles().lastEntry();
    return "ledger %d on bookies %s".formatted(id(), newest == null ? "" : newest.getValue());
  }

  @Override
  public boolean isShort() {
    return isShort;
  }

  @Override
  public CompletableFuture<Void> seal() {
    endedBy(ended("sealed"));
    var sealed = new CompletableFuture<Void>();
    handle.asyncClose(
        (code, _, _) -> {
          if (code == Code.OK) {
            sealed.complete(null);
          } else {
            sealed.completeExceptionally(LedgerFailures.of("seal of ledger " + id(), code));
          }
        },
        null);
    return sealed;
  }

  /** Ends writing, and leaves the ledger open: whoever wants its end recovers it. */
  @Override
  public void close() {
    endedBy(ended("given up"));
  }

  private LedgerException ended(String how) {
    return new LedgerException(
        Reason.UNAVAILABLE,
        "ledger %d was %s by its writer".formatted(id(), how),
        new BKLedgerClosedException());
  }

  /** Returns what ended it: this, unless something did before. */
  private LedgerException endedBy(LedgerException failure) {
    LedgerException before = end.compareAndExchange(null, failure);
    return before == null ? failure : before;
  }
}
