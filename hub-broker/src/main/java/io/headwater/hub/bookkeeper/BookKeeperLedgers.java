package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerException;
import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.ledger.LedgerLister;
import io.headwater.hub.kafka.ledger.Ledgers;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.bookkeeper.client.BKException;
import org.apache.bookkeeper.client.BKException.Code;
import org.apache.bookkeeper.client.BookKeeper;
import org.apache.bookkeeper.client.BookKeeper.DigestType;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.zookeeper.BoundExponentialBackoffRetryPolicy;
import org.apache.bookkeeper.zookeeper.RetryPolicy;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ledgers on bookies; the package comment says on how many. One serves the whole process.
 *
 * <p>Futures complete on threads of the client or of the own bookie's reads, which must not be made
 * to wait. The client bounds nothing of what is under way: its callers do.
 */
public final class BookKeeperLedgers implements Ledgers {
  private static final Logger LOGGER = LoggerFactory.getLogger(BookKeeperLedgers.class);
  static final DigestType DIGEST = DigestType.CRC32C;

  /** Ledgers are not kept from each other by passwords: who reaches the bookies may write. */
  static final byte[] PASSWORD = new byte[0];

  /** After which a bookie that has not answered counts as failed for this entry. */
  private static final int REQUEST_TIMEOUT_SECONDS = 5;

  /** After which another bookie is asked for an entry as well. */
  private static final int SPECULATIVE_MS = 200;

  private final OneSession session;
  private final BookKeeper client;
  private final LedgerSettings settings;
  private final @Nullable OwnBookieReads own;

  private BookKeeperLedgers(
      OneSession session,
      BookKeeper client,
      LedgerSettings settings,
      @Nullable OwnBookieReads own) {
    this.session = session;
    this.client = client;
    this.settings = settings;
    this.own = own;
  }

  /**
   * Connects to the cluster, which a bookie must have made.
   *
   * @throws LedgerException ({@code UNAVAILABLE}) ZooKeeper does not answer, or knows of no cluster
   */
  public static BookKeeperLedgers connect(LedgerSettings settings) {
    return connect(configuration(settings), settings, null);
  }

  /**
   * Connects to the cluster, and reads what this process' own bookie has without the network. New
   * ledgers lie on that bookie and others.
   *
   * @param own closed after this
   * @throws LedgerException as without a bookie
   */
  public static BookKeeperLedgers connect(LedgerSettings settings, EmbeddedBookie own) {
    var reads = new OwnBookieReads(own);
    ClientConfiguration conf = configuration(settings);
    OwnBookieFirst.apply(conf, reads.id());
    try {
      return connect(conf, settings, reads);
    } catch (RuntimeException e) {
      reads.close();
      throw e;
    }
  }

  private static BookKeeperLedgers connect(
      ClientConfiguration conf, LedgerSettings settings, @Nullable OwnBookieReads own) {
    try {
      OneSession session = OneSession.connect(conf, operations(conf));
      try {
        return new BookKeeperLedgers(session, client(conf, session), settings, own);
      } catch (InterruptedException | IOException | BKException e) {
        session.end();
        throw e;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException(
          Reason.UNAVAILABLE, "interrupted while connecting to BookKeeper", e);
    } catch (IOException | KeeperException | BKException e) {
      throw new LedgerException(
          Reason.UNAVAILABLE,
          "no BookKeeper cluster is to be found by ZooKeeper %s: %s"
              .formatted(settings.zooKeeper(), e.getMessage()),
          e);
    }
  }

  @SuppressWarnings("deprecation") // the only way to give it a session
  private static BookKeeper client(ClientConfiguration conf, OneSession session)
      throws IOException, BKException, InterruptedException {
    return BookKeeper.forConfig(conf).zk(session).build();
  }

  /** As BookKeeper's clients do by themselves. */
  private static RetryPolicy operations(ClientConfiguration conf) {
    return new BoundExponentialBackoffRetryPolicy(
        conf.getZkTimeout(), conf.getZkTimeout(), conf.getZkRetryBackoffMaxRetries());
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
    // A bookie whose machine is gone answers nothing, and refuses nothing: reads do not wait for
    // it.
    conf.setFirstSpeculativeReadTimeout(SPECULATIVE_MS);
    conf.setMaxSpeculativeReadTimeout(5 * SPECULATIVE_MS);
    // Nor does who takes a ledger over; entry by entry he would be at it for seconds.
    conf.setEnableParallelRecoveryRead(true);
    conf.setRecoveryReadBatchSize(32);
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
            created.complete(
                new LedgerWriter(
                    handle, own(handle.getId()), stores < settings.replicationFactor()));
          } else if (code == Code.NotEnoughBookiesException && stores > settings.ackQuorum()) {
            create(stores - 1, created);
          } else {
            created.completeExceptionally(
                LedgerFailures.of("creation of a ledger on %d bookies".formatted(stores), code));
          }
        },
        null,
        LabelledLedgers.LABEL);
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
            recovered.complete(new LedgerReader(handle, own(ledger)));
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

  private @Nullable OwnCopy own(long ledger) {
    return own == null ? null : own.of(ledger);
  }

  /** All ledgers that hubs have made with this cluster's bookies; works as long as this is open. */
  public LedgerLister lister() {
    return new LabelledLedgers(client);
  }

  /** Reads of the own bookie, if there is one. */
  Optional<OwnBookieReads> ownReads() {
    return Optional.ofNullable(own);
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
    if (own != null) {
      own.close();
    }
    try {
      client.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (BKException e) {
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("BookKeeper client did not close");
    }
    try {
      session.end();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
