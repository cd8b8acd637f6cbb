package io.headwater.edge.mqtt;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the handlers of each new connection of one endpoint: the transport's, the packets', the
 * client's.
 */
final class Pipelines extends ChannelInitializer<SocketChannel> {
  private static final Logger LOGGER = LoggerFactory.getLogger(Pipelines.class);
  private static final int LONGEST_CLIENT_ID = 256;
  private static final int LONGEST_REQUEST = 8 << 10;
  private static final int FRAME_HEADROOM = 64 << 10;
  private static final long CLOSE_FRAME_MILLIS = 2_000;

  private final Transport transport;
  private final @Nullable ServerTls tls;
  private final List<String> origins;
  private final MqttServer server;

  /**
   * @param tls present if the transport needs it
   * @param origins sites whose pages may connect over WebSocket, beside the endpoint's own
   */
  Pipelines(Transport transport, @Nullable ServerTls tls, List<String> origins, MqttServer server) {
    this.transport = transport;
    this.tls = tls;
    this.origins = origins;
    this.server = server;
  }

  @Override
  protected void initChannel(SocketChannel channel) {
    MqttSettings settings = server.settings();
    ConnectionCounts.Room room = server.counts().open(channel, settings);
    if (room == ConnectionCounts.Room.NONE) {
      channel.close();
      return;
    }
    server.channels().add(channel);
    ChannelPipeline pipeline = channel.pipeline();
    if (tls != null) {
      pipeline.addLast(tls.newHandler(channel.alloc()));
    }
    int mostBytes = (int) settings.maxPacketSize().bytes();
    if (transport.isWebSocket()) {
      addWebSocket(pipeline, settings, mostBytes);
    }
    var decoder = new MqttDecoder(mostBytes, LONGEST_CLIENT_ID, true);
    if (room == ConnectionCounts.Room.FULL) {
      pipeline.addLast(decoder, MqttEncoder.INSTANCE, new NoRoom(settings.connectTimeout()));
      return;
    }
    var flight = new Flight(server.flights(), settings.limits().bytesInFlight().bytes());
    MqttConnection connection = server.connection(settings, flight);
    var framer =
        new PacketFramer(
            mostBytes,
            settings.limits().packetTimeout(),
            settings.holdLimit(),
            flight,
            connection.reading());
    pipeline.addLast(
        framer, server.traffic(), decoder, framer.decoded(), MqttEncoder.INSTANCE, connection);
  }

  private void addWebSocket(ChannelPipeline pipeline, MqttSettings settings, int mostBytes) {
    var config =
        WebSocketServerProtocolConfig.newBuilder()
            .websocketPath("/")
            .checkStartsWith(true) // any path: clients differ in what they take
            .subprotocols(WebSocketUpgrade.SUBPROTOCOL)
            .handshakeTimeoutMillis(settings.connectTimeout().toMillis())
            .forceCloseTimeoutMillis(CLOSE_FRAME_MILLIS)
            .decoderConfig(
                WebSocketDecoderConfig.newBuilder()
                    .maxFramePayloadLength(mostBytes + FRAME_HEADROOM)
                    .build())
            .build();
    pipeline
        .addLast(new HttpServerCodec())
        .addLast(new HttpObjectAggregator(LONGEST_REQUEST))
        .addLast(new WebSocketUpgrade(origins, server.metrics()))
        .addLast(new WebSocketServerProtocolHandler(config))
        .addLast(new WebSocketBytes(server.metrics()));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOGGER.atError().setCause(cause).log("A connection cannot be served");
    ctx.close();
  }
}
