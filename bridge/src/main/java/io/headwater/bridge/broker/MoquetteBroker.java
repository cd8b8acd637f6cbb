package io.headwater.bridge.broker;

import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.UserError;
import io.moquette.broker.Server;
import io.moquette.broker.config.IConfig;
import io.moquette.broker.config.MemoryConfig;
import io.moquette.broker.security.IAuthorizatorPolicy;
import io.moquette.interception.AbstractInterceptHandler;
import io.moquette.interception.InterceptHandler;
import io.moquette.interception.messages.InterceptPublishMessage;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moquette, in memory.
 *
 * <p>An exception in one of its session threads ends that thread, and with it a share of the
 * clients: {@link BrokerWatchdog} then starts it anew on the same port. Its clients reconnect;
 * nothing is lost, because nothing was trusted to it.
 */
public final class MoquetteBroker implements EmbeddedBroker {
  private static final Logger LOGGER = LoggerFactory.getLogger(MoquetteBroker.class);
  private static final int SESSION_QUEUE = 16_384;

  private final HostPort address;
  private final Properties settings = new Properties();
  private final Credentials credentials;
  private final GatewayAccess access;
  private final IAuthorizatorPolicy policy;
  private final BrokerWatchdog watchdog;

  // Guarded by this.
  private Server server;
  private boolean closed;

  /**
   * Starts it.
   *
   * @throws UserError if the port is taken
   */
  public MoquetteBroker(
      HostPort listen, ByteSize largestMessage, AccessSettings who, BrokerMetrics metrics) {
    this(
        listen,
        largestMessage,
        who,
        metrics,
        BrokerWatchdog.Patience.DEFAULTS,
        UnaryOperator.identity());
  }

  MoquetteBroker(
      HostPort listen,
      ByteSize largestMessage,
      AccessSettings who,
      BrokerMetrics metrics,
      BrokerWatchdog.Patience patience,
      UnaryOperator<IAuthorizatorPolicy> policyWrapper) {
    credentials =
        new Credentials(GatewayAccess.BRIDGE_USER, who.siteSecret().orElseGet(GatewayAccess::draw));
    access =
        new GatewayAccess(
            credentials.password(), who.gatewaysFile().map(GatewayPasswords::new), metrics);
    policy = policyWrapper.apply(access);
    address = listen.withPort(checkFree(listen));
    settings.setProperty(IConfig.HOST_PROPERTY_NAME, listen.host());
    settings.setProperty(IConfig.PORT_PROPERTY_NAME, Integer.toString(address.port()));
    settings.setProperty(IConfig.PERSISTENCE_ENABLED_PROPERTY_NAME, "false");
    settings.setProperty(IConfig.ENABLE_TELEMETRY_NAME, "false");
    settings.setProperty(IConfig.ALLOW_ANONYMOUS_PROPERTY_NAME, "false");
    settings.setProperty(IConfig.SESSION_QUEUE_SIZE, Integer.toString(SESSION_QUEUE));
    settings.setProperty(
        IConfig.NETTY_MAX_BYTES_PROPERTY_NAME, Long.toString(largestMessage.bytes()));
    settings.setProperty(IConfig.RECEIVE_MAXIMUM, "512");
    server = startServer();
    watchdog =
        new BrokerWatchdog(
            loopbackAddress(), access.processSecret(), patience, this::restart, metrics);
  }

  /** The broker itself says nothing useful of a port that is taken. */
  private static int checkFree(HostPort listen) {
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(listen.socketAddress());
      return probe.getLocalPort();
    } catch (IOException e) {
      throw Ports.inUse("MQTT", listen, e);
    }
  }

  private Server startServer() {
    var started = new Server();
    try {
      started.startServer(new MemoryConfig(settings), List.of(watch()), null, access, policy);
    } catch (IOException | RuntimeException e) {
      throw Ports.inUse("MQTT", address, e);
    }
    return started;
  }

  private InterceptHandler watch() {
    return new AbstractInterceptHandler() {
      @Override
      public String getID() {
        return "watch";
      }

      @Override
      public void onPublish(InterceptPublishMessage message) {
        message.getPayload().release(); // it was retained for us
      }

      @Override
      public void onSessionLoopError(Throwable error) {
        LOGGER.atError().setCause(error).log("A session thread of the embedded broker died");
        watchdog.sessionThreadDied();
      }
    };
  }

  private synchronized void restart() {
    if (!closed) {
      server.stopServer();
      server = startServer();
      LOGGER.atWarn().log("The embedded broker was started anew");
    }
  }

  @Override
  public HostPort address() {
    return address;
  }

  /** Where this process itself reaches it. */
  public HostPort loopbackAddress() {
    return address.socketAddress().getAddress().isAnyLocalAddress()
        ? new HostPort("127.0.0.1", address.port())
        : address;
  }

  @Override
  public Credentials bridgeCredentials() {
    return credentials;
  }

  /** By which {@link TlsFront} vouches for a gateway whose certificate it has checked. */
  String voucher() {
    return access.processSecret();
  }

  /** Completes when restarts do not help. */
  public CompletableFuture<Void> failed() {
    return watchdog.failed();
  }

  /** What is wrong with it now. */
  public Optional<String> problem() {
    return watchdog.problem();
  }

  @Override
  public void close() {
    watchdog.close();
    synchronized (this) {
      closed = true;
      server.stopServer();
    }
  }
}
