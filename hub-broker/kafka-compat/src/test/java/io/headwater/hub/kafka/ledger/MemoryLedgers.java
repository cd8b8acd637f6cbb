package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Ledgers that outlive their clients, in memory. */
public final class MemoryLedgers implements Ledgers {
  private static final class Data {
    // Guarded by this.
    private final List<ByteBuffer> entries = new ArrayList<>();
    private boolean fenced;
    private final boolean isShort;

    Data(boolean isShort) {
      this.isShort = isShort;
    }
  }

  private final Map<Long, Data> ledgers = new ConcurrentHashMap<>();
  private final AtomicLong nextId = new AtomicLong();
  private final Set<Long> kept = ConcurrentHashMap.newKeySet();
  private volatile boolean scarce;
  private volatile Runnable onCreate = () -> {};

  /** How many ledgers there are. */
  int count() {
    return ledgers.size();
  }

  /** Of all ledgers there are. */
  Set<Long> ids() {
    return Set.copyOf(ledgers.keySet());
  }

  /** Whether new ledgers lie on fewer stores than they should. */
  void scarce(boolean now) {
    scarce = now;
  }

  /** Runs whenever one is made. */
  void onCreate(Runnable task) {
    onCreate = task;
  }

  @Override
  public CompletableFuture<Writer> create() {
    onCreate.run();
    long id = nextId.getAndIncrement();
    var data = new Data(scarce);
    ledgers.put(id, data);
    return CompletableFuture.completedFuture(new View(id, data));
  }

  @Override
  public CompletableFuture<Reader> recover(long ledger) {
    Data data = ledgers.get(ledger);
    if (data == null) {
      return missing("no ledger " + ledger);
    }
    synchronized (data) {
      data.fenced = true;
    }
    return CompletableFuture.completedFuture(new View(ledger, data));
  }

  /** It cannot be deleted from now on. */
  void keep(long ledger) {
    kept.add(ledger);
  }

  @Override
  public CompletableFuture<Void> delete(long ledger) {
    if (kept.contains(ledger)) {
      return CompletableFuture.failedFuture(
          new LedgerException(Reason.UNAVAILABLE, "ledger " + ledger + " cannot be deleted", null));
    }
    ledgers.remove(ledger);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {
    // The ledgers stay.
  }

  private static <T> CompletableFuture<T> missing(String what) {
    return CompletableFuture.failedFuture(new LedgerException(Reason.MISSING, what, null));
  }

  private record View(long id, Data data) implements Writer {
    @Override
    public CompletableFuture<Void> append(ByteBuffer entry) {
      synchronized (data) {
        if (data.fenced) {
          return CompletableFuture.failedFuture(
              new LedgerException(Reason.FENCED, "ledger " + id + " is fenced", null));
        }
        ByteBuffer copy = ByteBuffer.allocate(entry.remaining());
        data.entries.add(copy.put(entry.duplicate()).flip());
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public boolean isShort() {
      return data.isShort;
    }

    @Override
    public CompletableFuture<Void> seal() {
      synchronized (data) {
        data.fenced = true;
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public long lastEntry() {
      synchronized (data) {
        return data.entries.size() - 1L;
      }
    }

    @Override
    public CompletableFuture<List<ByteBuffer>> read(long first, int maxEntries, int maxBytes) {
      var read = new ArrayList<ByteBuffer>();
      long bytes = 0;
      synchronized (data) {
        for (long i = first; i < data.entries.size() && read.size() < maxEntries; i++) {
          ByteBuffer entry = data.entries.get((int) i);
          bytes += entry.remaining();
          if (bytes > maxBytes && !read.isEmpty()) {
            break;
          }
          read.add(entry.duplicate());
        }
      }
      return read.isEmpty()
          ? missing("no entry " + first + " in ledger " + id)
          : CompletableFuture.completedFuture(read);
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
