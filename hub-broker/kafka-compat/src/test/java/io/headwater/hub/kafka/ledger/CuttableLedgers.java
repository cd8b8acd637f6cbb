package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** One broker's way to ledgers, which may be cut. */
public final class CuttableLedgers implements Ledgers {
  private final Ledgers stores;
  private final BooleanSupplier isCut;

  public CuttableLedgers(Ledgers stores, BooleanSupplier isCut) {
    this.stores = stores;
    this.isCut = isCut;
  }

  private <T> CompletableFuture<T> ifReached(Supplier<CompletableFuture<T>> call) {
    return isCut.getAsBoolean()
        ? CompletableFuture.failedFuture(
            new LedgerException(Reason.UNAVAILABLE, "the stores cannot be reached", null))
        : call.get();
  }

  @Override
  public CompletableFuture<Writer> create() {
    return ifReached(stores::create).thenApply(View::new);
  }

  @Override
  public CompletableFuture<Reader> recover(long ledger) {
    return ifReached(() -> stores.recover(ledger));
  }

  @Override
  public CompletableFuture<Void> delete(long ledger) {
    return ifReached(() -> stores.delete(ledger));
  }

  @Override
  public void close() {
    stores.close();
  }

  private final class View implements Writer {
    private final Writer writer;

    View(Writer writer) {
      this.writer = writer;
    }

    @Override
    public CompletableFuture<Void> append(ByteBuffer entry) {
      return ifReached(() -> writer.append(entry));
    }

    @Override
    public boolean isShort() {
      return writer.isShort();
    }

    @Override
    public CompletableFuture<Void> seal() {
      return ifReached(writer::seal);
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
      return ifReached(() -> writer.read(first, maxEntries, maxBytes));
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
