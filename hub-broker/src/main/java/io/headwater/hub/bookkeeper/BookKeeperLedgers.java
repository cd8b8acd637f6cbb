package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.Ledgers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.bookkeeper.client.BKException;
import org.apache.bookkeeper.client.BKException.Code;
import org.apache.bookkeeper.client.BookKeeper;
import org.apache.bookkeeper.client.BookKeeper.DigestType;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ledgers on bookies; the package comment says on how many. One serves the whole process.
 *
 * <p>Futures complete on the client's threads, which must not be made to wait. The client bounds
 * nothing of what is under way: its callers do.
 */
public final class BookKeeperLedgers implements Ledgers {
  private static final Logger LOGGER = LoggerFactory.getLogger(BookKeeperLedgers.class);
  private static final DigestType DIGEST = DigestType.CRC32C;

  /** Ledgers are not kept from each other by passwords: who reaches the bookies may write. */
  private static final byte[] PASSWORD = new byte[0];

  private static final Map<String, byte[]> LABEL =
      Map.of("application", "headwater".getBytes(StandardCharsets.US_ASCII));

  /** After which a bookie that has not answered counts as failed for this entry. */
  private static final int REQUEST_TIMEOUT_SECONDS = 5;

  private final BookKeeper client;
  private final LedgerSettings settings;

  private BookKeeperLedgers(BookKeeper client, LedgerSettings settings) {
    this.client = client;
    this.settings = settings;
  }

  /**
   * Connects to the cluster, which a bookie must have made.
   *
   * @throws LedgerException ({@code UNAVAILABLE}) ZooKeeper does not answer, or knows of no cluster
   */
  public static BookKeeperLedgers connect(LedgerSettings settings) {
    try {
      return new BookKeeperLedgers(BookKeeper.forConfig(configuration(settings)).build(), settings);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException(
          Reason.UNAVAILABLE, "interrupted while connecting to BookKeeper", e);
    } catch (IOException | BKException e) {
      throw new LedgerException(
          Reason.UNAVAILABLE,
          "no BookKeeper cluster is to be found by ZooKeeper %s: %s"
              .formatted(settings.zooKeeper(), e.getMessage()),
          e);
    }
  }

  private static ClientConfiguration configuration(LedgerSettings settings) {
    var conf = new ClientConfiguration();
    CommonSettings.apply(conf, settings.zooKeeper(), settings.sessionTimeout());
    // The older protocol is the quicker one, and alone knows reads of several entries.
    conf.setUseV2WireProtocol(true);
    conf.setBatchReadEnabled(true);
    conf.setDelayEnsembleChange(!settings.hasSpare());
    conf.setThrottleValue(0); // the owner of a ledger bounds its appends
    conf.setAddEntryTimeout(REQUEST_TIMEOUT_SECONDS);
    conf.setReadEntryTimeout(REQUEST_TIMEOUT_SECONDS);
    conf.setClientConnectTimeoutMillis(2_000);
    conf.setNumWorkerThreads(2);
    conf.setNumIOThreads(2);
    // Bookies are named by their addresses, so none has to be asked for at ZooKeeper, which may be
    // the part that stands still.
    conf.setBookieAddressResolverEnabled(false);
    return conf;
  }

  @Override
  public CompletableFuture<Writer> create() {
    var created = new CompletableFuture<Writer>();
    create(settings.replicationFactor(), created);
    return created;
  }

  private void create(int stores, CompletableFuture<Writer> created) {
    client.asyncCreateLedger(
        stores,
        stores,
        settings.ackQuorum(),
        DIGEST,
        PASSWORD,
        (code, handle, _) -> {
          if (code == Code.OK) {
            created.complete(new LedgerWriter(handle, stores < settings.replicationFactor()));
          } else if (code == Code.NotEnoughBookiesException && stores > settings.ackQuorum()) {
            create(stores - 1, created);
          } else {
            created.completeExceptionally(
                LedgerFailures.of("creation of a ledger on %d bookies".formatted(stores), code));
          }
        },
        null,
        LABEL);
  }

  @Override
  public CompletableFuture<Reader> recover(long ledger) {
    var recovered = new CompletableFuture<Reader>();
    client.asyncOpenLedger(
        ledger,
        DIGEST,
        PASSWORD,
        (code, handle, _) -> {
          if (code == Code.OK) {
            recovered.complete(new LedgerReader(handle));
          } else {
            recovered.completeExceptionally(
                LedgerFailures.of("recovery of ledger " + ledger, code));
          }
        },
        null,
        // Follow it to the bookies that take over the copies of a lost one.
        true);
    return recovered;
  }

  @Override
  public CompletableFuture<Void> delete(long ledger) {
    var deleted = new CompletableFuture<Void>();
    client.asyncDeleteLedger(
        ledger,
        (code, _) -> {
          if (code == Code.OK || code == Code.NoSuchLedgerExistsOnMetadataServerException) {
            deleted.complete(null);
          } else {
            deleted.completeExceptionally(LedgerFailures.of("deletion of ledger " + ledger, code));
          }
        },
        null);
    return deleted;
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (BKException e) {
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("BookKeeper client did not close");
    }
  }
}
