package io.headwater.bridge.broker;

import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.moquette.broker.Server;
import io.moquette.broker.config.IConfig;
import io.moquette.broker.config.MemoryConfig;
import io.moquette.interception.AbstractInterceptHandler;
import io.moquette.interception.InterceptHandler;
import io.moquette.interception.messages.InterceptPublishMessage;
import java.io.IOException;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moquette, in memory.
 *
 * <p>An exception in one of its session threads ends that thread, and with it a share of the
 * clients: the broker is then started anew on the same port. Its clients reconnect; nothing is
 * lost, because nothing was trusted to it.
 */
public final class MoquetteBroker implements EmbeddedBroker {
  private static final Logger LOGGER = LoggerFactory.getLogger(MoquetteBroker.class);
  private static final int SESSION_QUEUE = 16_384;

  private final HostPort address;
  private final Properties settings = new Properties();
  private final Credentials credentials;
  private final GatewayAccess access;

  // Guarded by this.
  private Server server;
  private boolean closed;

  /**
   * Starts it.
   *
   * @throws io.headwater.process.UserError if the port is taken
   */
  public MoquetteBroker(HostPort listen, ByteSize largestMessage) {
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    credentials = new Credentials(GatewayAccess.BRIDGE_USER, HexFormat.of().formatHex(secret));
    access = new GatewayAccess(credentials.password());
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
      started.startServer(new MemoryConfig(settings), List.of(watch()), null, access, access);
    } catch (IOException e) {
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
        Threads.start("bridge-broker-restart-0", MoquetteBroker.this::restart);
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

  @Override
  public Credentials bridgeCredentials() {
    return credentials;
  }

  @Override
  public synchronized void close() {
    closed = true;
    server.stopServer();
  }
}
