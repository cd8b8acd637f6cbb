package io.headwater.hub.kafka.ledger;

import static java.util.Objects.requireNonNull;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Ledgers whose appends and seals can be held back, of each ledger by itself. */
final class HeldLedgers implements Ledgers {
  private static final CompletableFuture<Void> FREE = CompletableFuture.completedFuture(null);

  private final Ledgers stores;
  private final Map<Long, CompletableFuture<Void>> appends = new ConcurrentHashMap<>();
  private final Map<Long, CompletableFuture<Void>> seals = new ConcurrentHashMap<>();

  HeldLedgers(Ledgers stores) {
    this.stores = stores;
  }

  /** What is appended to this ledger from now on does not reach the stores. */
  void holdAppends(long ledger) {
    appends.put(ledger, new CompletableFuture<>());
  }

  /** Ends of this ledger do not reach the stores from now on. */
  void holdSeals(long ledger) {
    seals.put(ledger, new CompletableFuture<>());
  }

  /** What is held back goes on its way. */
  void release() {
    appends.values().forEach(gate -> gate.complete(null));
    seals.values().forEach(gate -> gate.complete(null));
  }

  /** What is held back of this ledger, and what is appended later, is not stored. */
  void fail(long ledger) {
    requireNonNull(appends.get(ledger))
        .completeExceptionally(
            new LedgerException(Reason.UNAVAILABLE, "the stores are broken", null));
  }

  @Override
  public CompletableFuture<Writer> create() {
    return stores.create().thenApply(HeldWriter::new);
  }

  @Override
  public CompletableFuture<Reader> recover(long ledger) {
    return stores.recover(ledger);
  }

  @Override
  public CompletableFuture<Void> delete(long ledger) {
    return stores.delete(ledger);
  }

  @Override
  public void close() {
    stores.close();
  }

  private final class HeldWriter implements Writer {
    private final Writer writer;

    /** Keeps appends in their order. Guarded by this. */
    private CompletableFuture<Void> last = FREE;

    HeldWriter(Writer writer) {
      this.writer = writer;
    }

    @Override
    public synchronized CompletableFuture<Void> append(ByteBuffer entry) {
      CompletableFuture<Void> gate = appends.getOrDefault(id(), FREE);
      last = last.thenCompose(_ -> gate).thenCompose(_ -> writer.append(entry));
      return last;
    }

    @Override
    public boolean isShort() {
      return writer.isShort();
    }

    @Override
    public CompletableFuture<Void> seal() {
      return seals.getOrDefault(id(), FREE).thenCompose(_ -> writer.seal());
    }

    @Override
    public long id() {
      return writer.id();
    }

    @Override
    public long lastEntry() {
      return writer.lastEntry();
    }

    @Override
    public CompletableFuture<List<ByteBuffer>> read(long first, int maxEntries, int maxBytes) {
      return writer.read(first, maxEntries, maxBytes);
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
