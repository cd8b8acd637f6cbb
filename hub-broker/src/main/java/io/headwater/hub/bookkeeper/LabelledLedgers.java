package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.LedgerLister;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.bookkeeper.client.BookKeeper;
import org.apache.bookkeeper.client.api.LedgersIterator;

/** The ledgers that hubs have made, among those that others' software keeps on the same bookies. */
final class LabelledLedgers implements LedgerLister {
  private static final String APPLICATION = "application";
  private static final byte[] HEADWATER = "headwater".getBytes(StandardCharsets.US_ASCII);

  /** What each ledger is made with. */
  static final Map<String, byte[]> LABEL = Map.of(APPLICATION, HEADWATER);

  private static final int PATIENCE_SECONDS = 10;

  private final BookKeeper client;

  /**
   * @param client stays open
   */
  LabelledLedgers(BookKeeper client) {
    this.client = client;
  }

  @Override
  public Set<Long> allBut(Set<Long> listed) {
    var found = new HashSet<Long>();
    try {
      // Holds nothing that would have to be closed.
      LedgersIterator all = await(client.newListLedgersOp().execute(), "a list").iterator();
      while (all.hasNext()) {
        long ledger = all.next();
        if (!listed.contains(ledger) && isOurs(ledger)) {
          found.add(ledger);
        }
      }
    } catch (IOException e) {
      throw LedgerFailures.of("listing all ledgers", e);
    }
    return found;
  }

  private boolean isOurs(long ledger) {
    try {
      var metadata = await(client.getLedgerMetadata(ledger), "the label of ledger " + ledger);
      return Arrays.equals(metadata.getCustomMetadata().get(APPLICATION), HEADWATER);
    } catch (LedgerException e) {
      if (e.reason() == Reason.MISSING) {
        return false; // deleted since
      }
      throw e;
    }
  }

  private static <T> T await(CompletableFuture<T> answer, String what) {
    try {
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException(Reason.UNAVAILABLE, "waiting for %s ended".formatted(what), e);
    } catch (ExecutionException e) {
      throw LedgerFailures.of("reading " + what, e);
    } catch (TimeoutException e) {
      throw new LedgerException(
          Reason.UNAVAILABLE, "%s took longer than %d s".formatted(what, PATIENCE_SECONDS), e);
    }
  }
}
