package io.headwater.hub.bookkeeper;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.bookkeeper.bookie.Bookie.NoEntryException;
import org.apache.bookkeeper.bookie.Bookie.NoLedgerException;
import org.apache.bookkeeper.bookie.BookieException;
import org.apache.bookkeeper.client.BKException.BKDigestMatchException;
import org.apache.bookkeeper.client.BookKeeper.DigestType;
import org.apache.bookkeeper.client.api.LedgerMetadata;
import org.apache.bookkeeper.proto.checksum.DigestManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the bookie of this process has of one ledger.
 *
 * <p>An entry counts only if its digest is right, which contains the numbers of ledger and entry:
 * it is then the one that was written, since a number is never given twice. Only entries that are
 * durable may be asked for; whether this bookie has them is another matter. Thread-safe.
 */
final class OwnCopy {
  private static final Logger LOGGER = LoggerFactory.getLogger(OwnCopy.class);

  private final long ledger;
  private final OwnBookieReads reads;
  private final DigestManager digests;
  private final AtomicBoolean damageTold = new AtomicBoolean();

  OwnCopy(long ledger, OwnBookieReads reads) {
    this.ledger = ledger;
    this.reads = reads;
    try {
      this.digests =
          DigestManager.instantiate(
              ledger,
              BookKeeperLedgers.PASSWORD,
              DigestType.toProtoDigestType(BookKeeperLedgers.DIGEST),
              UnpooledByteBufAllocator.DEFAULT,
              true);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(BookKeeperLedgers.DIGEST + " is not to be had", e);
    }
  }

  /** Whether the bookie is one of those that the entry was written to. */
  boolean isOn(LedgerMetadata metadata, long entry) {
    return metadata.getEnsembleAt(entry).contains(reads.id());
  }

  /**
   * @param count of entries, at least 1; fewer may come
   * @param maxBytes a bound which the first entry may exceed
   * @return in order; empty if the bookie does not have the first one as it was written. Fails if
   *     it has too much to do
   */
  CompletableFuture<List<ByteBuffer>> read(long first, int count, int maxBytes) {
    return reads.run(() -> readNow(first, count, maxBytes));
  }

  private List<ByteBuffer> readNow(long first, int count, int maxBytes) {
    var found = new ArrayList<ByteBuf>();
    try {
      long left = maxBytes;
      for (long entry = first; entry < first + count && left > 0; entry++) {
        Optional<ByteBuf> one = entry(entry);
        if (one.isEmpty()) {
          break;
        }
        left -= one.get().readableBytes();
        if (left < 0 && !found.isEmpty()) {
          one.get().release();
          break;
        }
        found.add(one.get());
      }
      return EntryCopies.of(found);
    } finally {
      found.forEach(ByteBuf::release);
    }
  }

  /** Without header and digest, which are right. */
  private Optional<ByteBuf> entry(long entry) {
    try {
      ByteBuf stored = reads.bookie().readEntry(ledger, entry);
      try {
        return Optional.of(digests.verifyDigestAndReturnData(entry, stored.slice()).retain());
      } finally {
        stored.release();
      }
    } catch (NoLedgerException | NoEntryException _) {
      return Optional.empty(); // it was away when that was written
    } catch (IOException | BookieException | BKDigestMatchException | RuntimeException e) {
      tell(entry, e);
      return Optional.empty();
    }
  }

  /** Once for each ledger: a damaged disk would fill the log as well. */
  private void tell(long entry, Exception failure) {
    if (damageTold.compareAndSet(false, true)) {
      LOGGER
          .atWarn()
          .addKeyValue("ledger", ledger)
          .addKeyValue("entry", entry)
          .addKeyValue("error", failure.toString())
          .log("The own bookie cannot give an entry; others are asked for what it cannot");
    }
  }
}
