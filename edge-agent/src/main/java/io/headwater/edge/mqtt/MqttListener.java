package io.headwater.edge.mqtt;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.EdgeLog;
import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Listens for sensors. */
public final class MqttListener implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup loops;
  private final MqttServer server;
  private final List<Channel> listening = new ArrayList<>();
  private final Map<Transport, HostPort> addresses = new LinkedHashMap<>();

  /**
   * Where it listens.
   *
   * @param endpoints at most one of each transport
   * @param tls present if one of them needs it
   * @param origins sites whose pages may connect over WebSocket, beside the endpoint's own: {@code
   *     https://dashboard.example}, or * for any
   */
  public record Endpoints(List<Endpoint> endpoints, Optional<ServerTls> tls, List<String> origins) {
    public Endpoints {
      endpoints = List.copyOf(endpoints);
      origins = List.copyOf(origins);
    }

    /** Plain TCP. */
    public static Endpoints of(HostPort listen) {
      return new Endpoints(
          List.of(new Endpoint(Transport.TCP, listen)), Optional.empty(), List.of());
    }
  }

  /**
   * Binds and serves whoever comes.
   *
   * @throws io.headwater.process.UserError if the port is taken
   */
  public MqttListener(
      HostPort listen,
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      EdgeLog log,
      DeviceClock clock,
      MqttMetrics metrics) {
    this(
        Endpoints.of(listen),
        settings,
        sink,
        delivery,
        log,
        ClientWatch.NONE,
        Admission.ANYONE,
        clock,
        metrics);
  }

  /**
   * Binds and serves, and tells who comes and goes.
   *
   * @param log where {@code sink} leads; sessions are kept there
   * @param clock of the rows' times
   * @throws io.headwater.process.UserError if a port is taken
   */
  public MqttListener(
      Endpoints endpoints,
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      EdgeLog log,
      ClientWatch watch,
      Admission admission,
      DeviceClock clock,
      MqttMetrics metrics) {
    this(
        endpoints,
        settings,
        sink,
        delivery,
        log,
        watch,
        admission,
        clock,
        metrics,
        Runtime.getRuntime().availableProcessors() <= 2 ? 1 : 2);
  }

  /**
   * As above.
   *
   * @param threads event loops
   */
  MqttListener(
      Endpoints endpoints,
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      EdgeLog log,
      ClientWatch watch,
      Admission admission,
      DeviceClock clock,
      MqttMetrics metrics,
      int threads) {
    loops =
        new MultiThreadIoEventLoopGroup(
            threads, Threads.factory("edge-mqtt"), NioIoHandler.newFactory());
    server = new MqttServer(settings, sink, delivery, log, watch, admission, loops, clock, metrics);
    try {
      endpoints.endpoints().forEach(each -> bind(each, endpoints));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void bind(Endpoint endpoint, Endpoints all) {
    Transport transport = endpoint.transport();
    ServerTls tls = transport.isTls() ? all.tls().orElseThrow() : null;
    HostPort listen = endpoint.address();
    ChannelFuture bind =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 512)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Pipelines(transport, tls, all.origins(), server))
            .bind(listen.socketAddress())
            .awaitUninterruptibly();
    if (!bind.isSuccess()) {
      throw Ports.inUse(transport.text(), listen, bind.cause());
    }
    listening.add(bind.channel());
    int port = ((InetSocketAddress) bind.channel().localAddress()).getPort();
    addresses.put(transport, listen.withPort(port));
  }

  /** The addresses really bound. */
  public Map<Transport, HostPort> addresses() {
    return Collections.unmodifiableMap(addresses);
  }

  /** The address really bound of the first endpoint. */
  public HostPort address() {
    return addresses.values().iterator().next();
  }

  /**
   * Begins to tell of itself under {@code $SYS}.
   *
   * @param version of the agent
   */
  public void tellOfItself(String version) {
    EventExecutor loop = loops.next();
    var topics = new SysTopics(version, server, server.store().log());
    loop.scheduleAtFixedRate(topics::tick, 0, 1, TimeUnit.SECONDS);
  }

  /** Settings for connections that come from now on. */
  public void settings(MqttSettings settings) {
    server.settings(settings);
  }

  /** Stops accepting and ends the connections; what they had handed over is still committed. */
  @Override
  public void close() {
    listening.forEach(each -> each.close().awaitUninterruptibly());
    server.channels().close().awaitUninterruptibly();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    server.store().close();
  }
}
