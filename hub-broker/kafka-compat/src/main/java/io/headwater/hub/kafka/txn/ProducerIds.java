package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.jspecify.annotations.Nullable;

/**
 * Hands out producer ids from blocks that the catalog reserves for this node.
 *
 * <p>What is left of a block when the process ends is never used.
 */
public final class ProducerIds {
  private final TopicCatalog catalog;

  // Guarded by this.
  private long next;
  private long end;
  private @Nullable CompletableFuture<Void> refill;

  public ProducerIds(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  /** An id that nobody has. */
  CompletableFuture<Long> next() {
    synchronized (this) {
      if (next < end) {
        return CompletableFuture.completedFuture(next++);
      }
      if (refill == null
          || refill.isDone()) { // a block that was there at once is taken before this
        refill = catalog.nextProducerIdBlock().thenAccept(this::take);
      }
      return refill.whenComplete((_, failure) -> forgetFailed(failure)).thenCompose(_ -> next());
    }
  }

  private synchronized void take(ProducerIdsBlock block) {
    next = block.firstProducerId();
    end = block.firstProducerId() + block.size();
    refill = null;
  }

  private synchronized void forgetFailed(@Nullable Throwable failure) {
    if (failure != null) {
      refill = null;
    }
  }
}
