package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** Ledgers whose appends can be held back or made to fail, on their way to others. */
public final class GatedLedgers implements Ledgers {
  private final ReentrantLock gate;
  private final AtomicInteger attempts;
  private final Set<Long> lost = ConcurrentHashMap.newKeySet();
  private final Ledgers stores;

  /** Sends the appends of all ledgers, one after the other. */
  private final ExecutorService sender = Executors.newSingleThreadExecutor();

  GatedLedgers(Ledgers stores, ReentrantLock gate, AtomicInteger attempts) {
    this.stores = stores;
    this.gate = gate;
    this.attempts = attempts;
  }

  /** The next append to a ledger fails, and all after it. */
  void lose(long ledger) {
    lost.add(ledger);
  }

  @Override
  public CompletableFuture<Writer> create() {
    return stores.create().thenApply(GatedWriter::new);
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
    while (gate.isHeldByCurrentThread()) {
      gate.unlock(); // a test has failed meanwhile
    }
    sender.close();
    stores.close();
  }

  private final class GatedWriter implements Writer {
    private final Writer writer;

    GatedWriter(Writer writer) {
      this.writer = writer;
    }

    @Override
    public CompletableFuture<Void> append(ByteBuffer entry) {
      return CompletableFuture.supplyAsync(
              () -> {
                gate.lock();
                try {
                  attempts.incrementAndGet();
                  return lost.contains(id())
                      ? CompletableFuture.<Void>failedFuture(
                          new LedgerException(Reason.UNAVAILABLE, "the stores are broken", null))
                      : writer.append(entry);
                } finally {
                  gate.unlock();
                }
              },
              sender)
          .thenCompose(stored -> stored);
    }

    @Override
    public boolean isShort() {
      return writer.isShort();
    }

    @Override
    public CompletableFuture<Void> seal() {
      return writer.seal();
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
