package io.headwater.edge.mqtt;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Lets through what asks for MQTT over WebSocket (MQTT 5, section 6), and answers anything else as
 * HTTP does. Gone after the first request.
 *
 * <p>A browser sends along which site's page is connecting. A page of another site must not get in
 * by being opened on a machine that may, so a site has to be the listener's own or be named.
 */
final class WebSocketUpgrade extends SimpleChannelInboundHandler<FullHttpRequest> {
  static final String SUBPROTOCOL = "mqtt";
  private static final String ANY = "*";

  private final List<String> origins;
  private final MqttMetrics metrics;

  WebSocketUpgrade(List<String> origins, MqttMetrics metrics) {
    this.origins = origins;
    this.metrics = metrics;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    String origin = request.headers().get(HttpHeaderNames.ORIGIN);
    if (!request.decoderResult().isSuccess()) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, "the request is malformed");
    } else if (!request
        .headers()
        .containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
      refuse(ctx, HttpResponseStatus.UPGRADE_REQUIRED, "MQTT over WebSocket is spoken here");
    } else if (!offersMqtt(request)) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, "the subprotocol mqtt is spoken here");
    } else if (origin != null && !isAllowed(origin, request.headers().get(HttpHeaderNames.HOST))) {
      refuse(
          ctx,
          HttpResponseStatus.FORBIDDEN,
          "pages of " + origin + " may not connect; listen.origins names those that may");
    } else {
      ctx.fireChannelRead(request.retain());
      ctx.pipeline().remove(this);
    }
  }

  private static boolean offersMqtt(FullHttpRequest request) {
    return request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL).stream()
        .flatMap(value -> Arrays.stream(value.split(",", -1)))
        .anyMatch(each -> each.strip().equals(SUBPROTOCOL));
  }

  private boolean isAllowed(String origin, @Nullable String host) {
    if (origins.contains(ANY) || origins.contains(origin.toLowerCase(Locale.ROOT))) {
      return true;
    }
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String why) {
    metrics.refused("websocket");
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            status,
            Unpooled.copiedBuffer(why + "\n", StandardCharsets.UTF_8));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
        .setInt(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
    if (status.equals(HttpResponseStatus.UPGRADE_REQUIRED)) {
      response.headers().set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
    }
    ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }
}
