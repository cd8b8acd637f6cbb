package io.headwater.edge.mqtt;

import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import io.headwater.process.UserError;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's end of TLS 1.2 and 1.3. Thread-safe.
 *
 * <p>What is expensive in a handshake is done by the workers, and so is reading the files: whether
 * they have changed is looked at every few seconds while clients come. A renewed certificate counts
 * from then on, for new connections; files that cannot be used leave the old one in force.
 */
public final class ServerTls {
  private static final Logger LOGGER = LoggerFactory.getLogger(ServerTls.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  /** What was read, and from which files. */
  private record InForce(
      TlsSettings files, boolean certificateNeeded, List<FileTime> times, SslContext context) {}

  private final Executor workers;
  private final Duration handshakeTimeout;
  private final AtomicLong lookedNanos = new AtomicLong(System.nanoTime());
  private volatile InForce inForce;

  /**
   * Reads the files.
   *
   * @param files with a certificate and its key; whom to trust may be absent, then clients are not
   *     asked for certificates
   * @param certificateNeeded whether a client without a certificate is refused
   * @throws UserError that names the file that cannot be used
   */
  public ServerTls(
      TlsSettings files, boolean certificateNeeded, Executor workers, Duration handshakeTimeout) {
    this.workers = workers;
    this.handshakeTimeout = handshakeTimeout;
    this.inForce = read(files, certificateNeeded);
  }

  private static InForce read(TlsSettings files, boolean certificateNeeded) {
    try {
      List<FileTime> times = times(files);
      ClientAuth clientAuth =
          files.ca().isEmpty()
              ? ClientAuth.NONE
              : certificateNeeded ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL;
      SslContext context =
          SslContextBuilder.forServer(
                  PemFiles.identity(files)
                      .orElseThrow(() -> UserError.usage("TLS needs tls.cert and tls.key")))
              .trustManager(PemFiles.trust(files).orElse(null))
              .clientAuth(clientAuth)
              .protocols(PROTOCOLS)
              .build();
      return new InForce(files, certificateNeeded, times, context);
    } catch (SSLException e) {
      throw UserError.usage("tls: " + e.getMessage());
    }
  }

  /** When the files were written; nothing of those that are not there. */
  private static List<FileTime> times(TlsSettings files) {
    return Stream.of(files.ca(), files.cert(), files.key())
        .flatMap(Optional::stream)
        .map(ServerTls::time)
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<FileTime> time(Path file) {
    try {
      return Optional.of(Files.getLastModifiedTime(file));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /**
   * Reads files for all new connections.
   *
   * @return puts them in force
   * @throws UserError that names the file that cannot be used; then nothing has changed
   */
  public Runnable prepare(TlsSettings files, boolean certificateNeeded) {
    InForce next = read(files, certificateNeeded);
    return () -> inForce = next;
  }

  SslHandler newHandler(ByteBufAllocator allocator) {
    lookAtTheFiles();
    SslHandler handler = inForce.context().newHandler(allocator, workers);
    handler.setHandshakeTimeout(handshakeTimeout.toMillis(), TimeUnit.MILLISECONDS);
    return handler;
  }

  private void lookAtTheFiles() {
    long last = lookedNanos.get();
    long now = System.nanoTime();
    if (now - last < LOOK_EVERY.toNanos() || !lookedNanos.compareAndSet(last, now)) {
      return;
    }
    try {
      workers.execute(this::readIfChanged);
    } catch (RejectedExecutionException _) {
      // Later: the workers have more urgent things to do.
    }
  }

  private void readIfChanged() {
    InForce now = inForce;
    if (times(now.files()).equals(now.times())) {
      return;
    }
    try {
      inForce = read(now.files(), now.certificateNeeded());
      LOGGER.atInfo().log("Read the renewed certificate");
    } catch (UserError e) {
      // Half-written perhaps: the next look tells.
      LOGGER
          .atWarn()
          .addKeyValue("error", e.getMessage())
          .log("A changed certificate cannot be used; the old one stays in force");
    }
  }
}
