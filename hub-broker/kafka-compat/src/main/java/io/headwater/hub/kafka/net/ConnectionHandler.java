package io.headwater.hub.kafka.net;

import io.headwater.hub.kafka.api.Dispatcher;
import io.headwater.hub.kafka.api.HoldsMemory;
import io.headwater.hub.kafka.api.NoResponse;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.FileRegion;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.timeout.IdleStateEvent;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestAndSize;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: starts its requests in order, several at once, and answers them in order.
 *
 * <p>Requests are started one after the other on the workers, in {@link Turns} (the next only when
 * the handler of the one before has returned), so appends of one connection reach the log in the
 * order sent; what they wait for then overlaps. Reading stops while {@link #MOST_IN_FLIGHT} are
 * unanswered or their bytes exceed the bound, and while the client does not take its answers. What
 * a client has sent is carried out even if it closes the connection meanwhile. State is confined to
 * the connection's event loop.
 */
final class ConnectionHandler extends SimpleChannelInboundHandler<ByteBuf> {
  private static final Logger LOGGER = LoggerFactory.getLogger(ConnectionHandler.class);
  private static final int MOST_IN_FLIGHT = 8;
  private static final ListenerName LISTENER = ListenerName.normalised("PLAINTEXT");

  /** A request between its arrival and its answer; the frame is held until the answer is ready. */
  private static final class Exchange implements ChannelFutureListener {
    private final long arrived = System.nanoTime();
    private @Nullable ByteBuf frame;
    private final int bytes;
    private RequestMetrics.@Nullable OfApi metrics;
    private long begun;
    private long handled;
    private long answered;
    private @Nullable RequestHeader header;
    private short version;
    private @Nullable AbstractResponse response;
    private boolean done;

    Exchange(ByteBuf frame) {
      this.frame = frame;
      this.bytes = frame.readableBytes();
    }

    /** The answer is no longer needed. */
    private void letGo() {
      if (response != null && response.data() instanceof HoldsMemory held) {
        held.letGo();
      }
    }

    /** The socket has taken the answer, or never will. */
    @Override
    public void operationComplete(ChannelFuture written) {
      letGo();
      if (written.isSuccess()) {
        recordTimes(System.nanoTime());
      }
    }

    private void recordTimes(long sent) {
      if (metrics != null) {
        metrics.answered(arrived, begun, handled, answered, sent);
      }
    }
  }

  private final Dispatcher dispatcher;
  private final Turns turns;
  private final NetMetrics metrics;
  private final RequestMemory memory;
  private final ReadGate gate;
  private final long mostBytesInFlight;

  /** All unanswered requests in order of arrival. */
  private final Deque<Exchange> exchanges = new ArrayDeque<>();

  /** Set by a worker that met bytes it does not understand: what follows them is not looked at. */
  private volatile boolean broken;

  private boolean closed;
  private boolean draining;
  private long bytesInFlight;
  private @Nullable InetSocketAddress peer;
  private ClientInformation client = ClientInformation.EMPTY;

  /**
   * @param memory what each frame has taken, and gives back when it is released
   */
  ConnectionHandler(
      Dispatcher dispatcher,
      Executor workers,
      NetMetrics metrics,
      RequestMemory memory,
      ReadGate gate,
      long mostBytesInFlight) {
    super(false); // frames are released by hand, when their request is answered
    this.dispatcher = dispatcher;
    this.turns = new Turns(workers);
    this.metrics = metrics;
    this.memory = memory;
    this.gate = gate;
    this.mostBytesInFlight = mostBytesInFlight;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    metrics.connectionOpened();
    // Asked for now: a socket that was closed has no peer any more, and its requests still run.
    peer = (InetSocketAddress) context.channel().remoteAddress();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
    var exchange = new Exchange(frame);
    if (closed || draining) {
      release(exchange);
      return;
    }
    exchanges.add(exchange);
    metrics.requestsUnanswered(1);
    bytesInFlight += exchange.bytes;
    pauseOrResume(context);
    turns.execute(() -> startOnWorker(context, exchange));
  }

  /** To all connections at the end, again and again. */
  enum Drain {
    INSTANCE
  }

  private void pauseOrResume(ChannelHandlerContext context) {
    gate.set(
        context.channel(),
        ReadGate.Reason.IN_FLIGHT,
        exchanges.size() >= MOST_IN_FLIGHT || bytesInFlight >= mostBytesInFlight);
  }

  /** Answers that the socket does not take are the hub's memory, whoever asked for them. */
  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    gate.set(context.channel(), ReadGate.Reason.OUTBOUND, !context.channel().isWritable());
    context.fireChannelWritabilityChanged();
  }

  /** Runs on a worker: parses, hands to the API, and comes back to the event loop. */
  private void startOnWorker(ChannelHandlerContext context, Exchange exchange) {
    if (broken) {
      context.executor().execute(() -> drop(exchange));
      return;
    }
    CompletableFuture<AbstractResponse> answer;
    exchange.begun = System.nanoTime();
    try {
      answer = parseAndDispatch(context, exchange);
    } catch (RuntimeException e) {
      broken = true;
      context
          .executor()
          .execute(() -> {
            drop(exchange);
            closeMalformed(context, e);
          });
      return;
    } catch (Error e) {
      broken = true;
      context.executor().execute(() -> closeFailed(context, exchange, e));
      throw e;
    }
    exchange.handled = System.nanoTime();
    if (!answer.isDone() && !retainsFrame(exchange)) {
      context.executor().execute(() -> release(exchange)); // a member of a group may wait long
    }
    var _ =
        answer.whenComplete((response, failure) -> {
          exchange.answered = System.nanoTime();
          context
              .executor()
              .execute(() -> {
                if (failure == null) {
                  answered(context, exchange, response);
                } else {
                  closeFailed(context, exchange, failure);
                }
              });
        });
  }

  /** Whether what was parsed points into the frame: only records are not copied. */
  private static boolean retainsFrame(Exchange exchange) {
    RequestHeader header = exchange.header;
    return header == null || header.apiKey() == ApiKeys.PRODUCE;
  }

  private CompletableFuture<AbstractResponse> parseAndDispatch(
      ChannelHandlerContext context, Exchange exchange) {
    ByteBuf frame = exchange.frame;
    if (frame == null) {
      throw new IllegalStateException("the connection was closed");
    }
    var bytes = frame.nioBuffer();
    RequestHeader header = RequestHeader.parse(bytes);
    exchange.header = header;
    exchange.version = header.apiVersion();
    ApiKeys key = header.apiKey();
    if (key != ApiKeys.API_VERSIONS && !dispatcher.serves(key, header.apiVersion())) {
      throw new UnsupportedVersionException(
          key + " version " + header.apiVersion() + " is not served");
    }
    if (!key.isVersionSupported(header.apiVersion()) && key != ApiKeys.API_VERSIONS) {
      // Produce 0 to 2: announced so that librdkafka compresses, too old to be parsed or answered.
      throw new UnsupportedVersionException(
          key + " version " + header.apiVersion() + " is no longer spoken");
    }
    InetSocketAddress remote = peer;
    if (remote == null) {
      throw new IllegalStateException("the connection was closed before it was accepted");
    }
    var request =
        new RequestContext(
            header,
            context.channel().id().asShortText(),
            remote.getAddress(),
            Optional.of(remote.getPort()),
            KafkaPrincipal.ANONYMOUS,
            LISTENER,
            SecurityProtocol.PLAINTEXT,
            client,
            false);
    RequestAndSize parsed = parse(request, bytes);
    exchange.version = request.apiVersion(); // an unknown ApiVersions version is answered as 0
    exchange.metrics = metrics.requests().of(key);
    exchange.metrics.received(header.apiVersion(), exchange.bytes);
    return dispatcher.dispatch(request, parsed.request);
  }

  private static RequestAndSize parse(RequestContext request, ByteBuffer bytes) {
    if (request.header.apiKey() == ApiKeys.API_VERSIONS
        && !ApiKeys.API_VERSIONS.isVersionSupported(request.header.apiVersion())) {
      return request.parseRequest(bytes); // which answers a version of the future
    }
    return AbstractRequest.parseRequest(
        request.header.apiKey(), request.header.apiVersion(), new BoundedReadable(bytes));
  }

  private void answered(
      ChannelHandlerContext context, Exchange exchange, AbstractResponse response) {
    release(exchange);
    exchange.response = response;
    exchange.done = true;
    boolean wrote = false;
    while (!exchanges.isEmpty() && exchanges.getFirst().done) {
      Exchange first = exchanges.removeFirst();
      forget(1);
      bytesInFlight -= first.bytes;
      if (write(context, first)) {
        wrote = true;
      } else {
        first.letGo();
      }
    }
    if (closed) {
      exchange.letGo(); // one before it may never be answered
    }
    if (wrote) {
      context.flush();
    }
    pauseOrResume(context);
  }

  private boolean write(ChannelHandlerContext context, Exchange exchange) {
    RequestHeader header = exchange.header;
    AbstractResponse response = exchange.response;
    RequestMetrics.OfApi metrics = exchange.metrics;
    if (header == null || response == null || metrics == null) {
      return false;
    }
    if (response == NoResponse.INSTANCE) {
      exchange.recordTimes(exchange.answered);
      return false;
    }
    metrics.errors(response);
    if (!context.channel().isActive()) {
      return false;
    }
    if (!dispatcher.mayAnswer()) {
      context.close(); // clients ask another broker then
      return false;
    }
    ResponseHeader responseHeader =
        new ResponseHeader(
            header.correlationId(), header.apiKey().responseHeaderVersion(exchange.version));
    List<Object> parts;
    try {
      parts = ResponseWriter.encode(context.alloc(), responseHeader, response, exchange.version);
    } catch (RuntimeException | OutOfMemoryError e) { // the latter also of direct memory
      LOGGER
          .atError()
          .addKeyValue("api", header.apiKey())
          .addKeyValue("version", exchange.version)
          .setCause(e)
          .log("A response cannot be encoded; closing its connection");
      context.close();
      return false;
    }
    long bytes = 0;
    ChannelFuture last = context.newSucceededFuture();
    for (Object part : parts) {
      bytes += sizeOf(part);
      last = context.write(part);
    }
    metrics.responseSize(bytes);
    last.addListener(exchange);
    return true;
  }

  private static long sizeOf(Object part) {
    return part instanceof FileRegion file ? file.count() : ((ByteBuf) part).readableBytes();
  }

  /** Gives up a request that will not be answered; its connection is about to be closed. */
  private void drop(Exchange exchange) {
    release(exchange);
    if (exchanges.remove(exchange)) {
      forget(1);
    }
    bytesInFlight -= exchange.bytes;
  }

  /** Nobody waits for these any more. Those of a closed connection were counted with its end. */
  private void forget(int requests) {
    if (!closed) {
      metrics.requestsUnanswered(-requests);
    }
  }

  private void release(Exchange exchange) {
    ByteBuf frame = exchange.frame;
    if (frame != null) {
      exchange.frame = null;
      frame.release();
      memory.giveBack(exchange.bytes);
    }
  }

  private void closeMalformed(ChannelHandlerContext context, Throwable cause) {
    metrics.malformed();
    LOGGER
        .atWarn()
        .addKeyValue("client", peer)
        .addKeyValue("error", cause.getMessage())
        .log("Closing a connection whose bytes are not understood");
    context.close();
  }

  /** Not the client's fault; without an answer the connection would wait for ever. */
  private void closeFailed(ChannelHandlerContext context, Exchange exchange, Throwable cause) {
    drop(exchange);
    metrics.failed();
    LOGGER
        .atError()
        .addKeyValue("client", peer)
        .setCause(cause)
        .log("A request has no answer; closing its connection");
    context.close();
  }

  /** A connection without a request for long is closed; one that waits for its answer is not. */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof IdleStateEvent && exchanges.isEmpty()) {
      metrics.idle();
      context.close();
    } else if (event == Drain.INSTANCE) {
      drain(context);
    }
  }

  /**
   * Takes no more requests, and ends the connection once all appends are answered: a producer that
   * does not hear of one sends it again. Half of it only, as closing both would take answers away
   * that are on their way if the client has sent more.
   */
  private void drain(ChannelHandlerContext context) {
    draining = true;
    boolean appends =
        exchanges.stream()
            .map(exchange -> exchange.header)
            .anyMatch(header -> header == null || header.apiKey() == ApiKeys.PRODUCE);
    if (!appends && context.channel() instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    forget(exchanges.size());
    closed = true;
    exchanges.forEach(Exchange::letGo);
    metrics.connectionClosed();
    gate.close();
    // What has arrived is carried out all the same: who sends with acks=0 closes without waiting.
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof java.io.IOException) {
      context.close(); // the peer went away
    } else {
      closeMalformed(context, cause);
    }
  }
}
