package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.Ledgers;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.bookkeeper.client.BKException.BKNoSuchEntryException;
import org.apache.bookkeeper.client.LedgerHandle;
import org.apache.bookkeeper.client.api.LedgerEntries;
import org.apache.bookkeeper.client.api.LedgerEntry;
import org.jspecify.annotations.Nullable;

/**
 * Reads a ledger up to its last durable entry.
 *
 * <p>Entries behind that one must never be asked for: a bookie may hold some, of appends that have
 * not completed, and would send them with the others.
 */
sealed class LedgerReader implements Ledgers.Reader permits LedgerWriter {
  private final LedgerHandle handle;
  private final @Nullable OwnCopy own;

  /**
   * @param own what this process' bookie has of it, which is asked first; null if it has none
   */
  LedgerReader(LedgerHandle handle, @Nullable OwnCopy own) {
    this.handle = handle;
    this.own = own;
  }

  @Override
  public final long id() {
    return handle.getId();
  }

  @Override
  public final long lastEntry() {
    return handle.getLastAddConfirmed();
  }

  @Override
  public final CompletableFuture<List<ByteBuffer>> read(long first, int maxEntries, int maxBytes) {
    if (maxEntries < 1) {
      throw new IllegalArgumentException("maxEntries=" + maxEntries + " < min 1");
    }
    long last = lastEntry();
    if (first < 0 || first > last) {
      return CompletableFuture.failedFuture(
          new LedgerException(
              Reason.MISSING,
              "ledger %d has no entry %d: its last is %d".formatted(id(), first, last),
              new BKNoSuchEntryException()));
    }
    int count = count(first, last, maxEntries, maxBytes);
    var result = new CompletableFuture<List<ByteBuffer>>();
    if (own != null && own.isOn(handle.getLedgerMetadata(), first)) {
      own.read(first, count, Math.max(1, maxBytes))
          .whenComplete((found, failure) -> {
            if (failure == null && !found.isEmpty()) {
              result.complete(found);
            } else {
              readByClient(first, count, maxBytes, result);
            }
          });
    } else {
      readByClient(first, count, maxBytes, result);
    }
    return result;
  }

  private void readByClient(
      long first, int count, int maxBytes, CompletableFuture<List<ByteBuffer>> result) {
    CompletableFuture<LedgerEntries> reading =
        count == 1
            ? handle.readAsync(first, first)
            : handle.batchReadAsync(first, count, Math.max(1, maxBytes));
    reading.whenComplete((entries, failure) -> {
      if (failure == null) {
        complete(result, entries, maxBytes);
      } else {
        result.completeExceptionally(
            LedgerFailures.of("read of ledger %d at %d".formatted(id(), first), failure));
      }
    });
  }

  /**
   * How many to ask for. Once all bookies were out of reach, the client believes that they know no
   * reads of several entries; from then on it asks for each by itself and heeds no bound in bytes.
   * So the number is bounded, too, by twice what entries of the usual size would fill.
   */
  private int count(long first, long last, int maxEntries, int maxBytes) {
    long usualBytes = Math.max(1, handle.getLength() / (last + 1));
    long filling = Math.max(1, 2L * maxBytes / usualBytes);
    return (int) Math.min(Math.min(maxEntries, filling), last - first + 1);
  }

  private static void complete(
      CompletableFuture<List<ByteBuffer>> result, LedgerEntries entries, int maxBytes) {
    List<ByteBuffer> copies;
    try (entries) {
      copies = copies(entries, maxBytes);
    } catch (RuntimeException | Error e) {
      result.completeExceptionally(
          new LedgerException(Reason.UNAVAILABLE, "entries cannot be copied: " + e, e));
      return;
    }
    result.complete(copies);
  }

  private static List<ByteBuffer> copies(LedgerEntries entries, int maxBytes) {
    var fitting = new ArrayList<ByteBuf>();
    long bytes = 0;
    for (LedgerEntry entry : entries) {
      // What lies before its reader index is the ledger's header.
      ByteBuf data = entry.getEntryBuffer();
      bytes += data.readableBytes();
      if (bytes > maxBytes && !fitting.isEmpty()) {
        break;
      }
      fitting.add(data);
    }
    return EntryCopies.of(fitting);
  }

  @Override
  public void close() {
    // Ends only the watch for bookies that take over copies: the ledger is sealed.
    handle.closeAsync();
  }
}
