package io.headwater.hub.bookkeeper;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Resources;
import io.headwater.process.UserError;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.apache.bookkeeper.bookie.Bookie;
import org.apache.bookkeeper.bookie.BookieException;
import org.apache.bookkeeper.common.component.LifecycleComponentStack;
import org.apache.bookkeeper.conf.ServerConfiguration;
import org.apache.bookkeeper.server.EmbeddedServer;
import org.apache.bookkeeper.server.conf.BookieConfiguration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bookie in this process: a store of the cluster's ledgers.
 *
 * <p>The first bookie that meets a ZooKeeper without a cluster makes one. A bookie keeps its name
 * (its advertised address), its cluster and its folder for good; {@link BookieFolder} says what is
 * checked.
 */
public final class EmbeddedBookie implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedBookie.class);

  private final Resources parts = new Resources();
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final HostPort address;
  private volatile boolean closing;
  private volatile @Nullable Bookie bookie;

  private EmbeddedBookie(HostPort address) {
    this.address = address;
  }

  /**
   * Starts the bookie and returns when it serves clients.
   *
   * @param folder for all that it keeps, made if needed; this process' own
   * @param zooKeeper {@code host:port,...}
   * @throws UserError the port is taken, or the folder is not this bookie's or cannot be used
   */
  public static EmbeddedBookie start(Path folder, String zooKeeper, BookieSettings settings) {
    Path place = folder.toAbsolutePath().normalize();
    checkPort(settings.listen());
    var bookie =
        new EmbeddedBookie(new HostPort(settings.advertisedHost(), settings.listen().port()));
    try {
      bookie.open(new BookieFolder(place), zooKeeper, settings);
      return bookie;
    } catch (UserError e) {
      bookie.closeAfter(e);
      throw e;
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      UserError error =
          UserError.failure(
              "the bookie cannot start in %s: %s; check that folder, and ZooKeeper at %s"
                  .formatted(place, e, zooKeeper),
              e);
      bookie.closeAfter(error);
      throw error;
    }
  }

  private void open(BookieFolder folder, String zooKeeper, BookieSettings settings)
      throws Exception {
    folder.make();
    ServerConfiguration conf = BookieConfigurations.of(folder, zooKeeper, settings);
    ClusterMetadata metadata = parts.open("bookie metadata", ClusterMetadata.connect(conf));
    folder.check(metadata.instance(), settings.id(), metadata.knows(settings.id()));
    EmbeddedServer server =
        EmbeddedServer.builder(new BookieConfiguration(conf))
            .metadataDriver(metadata.driver())
            .build();
    folder.force();
    LifecycleComponentStack stack = server.getLifecycleComponentStack();
    parts.onClose("bookie", stack);
    stack.setExceptionHandler((_, failure) -> fail(failure));
    stack.start();
    if (!server.getBookieService().getServer().isRunning()) {
      throw new IOException("it ended at once; its log says why");
    }
    bookie = server.getBookieService().getServer().getBookie();
    CriticalThreads.handOver((_, failure) -> fail(failure));
    if (settings.autoRecovery()) {
      parts.open("auto-recovery", AutoRecovery.start(conf));
    }
  }

  /** BookKeeper would leave half of itself running. */
  private static void checkPort(HostPort listen) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(listen.socketAddress());
    } catch (IOException e) {
      throw Ports.inUse("bookie", listen, e);
    }
  }

  /** By which clients reach it, and the cluster knows it. */
  public HostPort address() {
    return address;
  }

  /**
   * Reads an entry without the network. Waits for the disk, and must not be interrupted meanwhile.
   *
   * @return with its header and digest, not checked; the caller's to release
   * @throws IOException the bookie does not have it, cannot read it, or is closed
   */
  ByteBuf readEntry(long ledger, long entry) throws IOException, BookieException {
    Bookie open = bookie;
    if (open == null || closing) {
      throw new IOException("bookie " + address + " is closed");
    }
    return open.readEntry(ledger, entry);
  }

  /** Completes exceptionally when the bookie has ended by itself; the process then has to end. */
  public CompletableFuture<Void> failed() {
    return failed;
  }

  private void fail(Throwable cause) {
    if (!closing && failed.completeExceptionally(cause)) {
      LOGGER.atError().setCause(cause).log("The bookie has failed");
    }
  }

  private void closeAfter(Throwable startFailure) {
    closing = true;
    parts.closeAfter(startFailure);
  }

  @Override
  public void close() {
    closing = true;
    parts.close();
  }
}
