package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.api.Dispatcher;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets, and clients that do as they like. */
@Timeout(60)
class KafkaListenerTest {
  private static final int REQUESTS = 20_000;
  private static final int ANSWER_BYTES = 8 << 10;
  private static final short VERSION = 1;

  /** In the hub, and in both kernels' buffers: far more than those hold, far less than all. */
  private static final int MOST_UNTAKEN = (4 << 20) / ANSWER_BYTES;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicInteger handled = new AtomicInteger();
  private KafkaListener listener;

  /** Its answers are large, and its requests small. */
  private final class LargeAnswers implements ApiHandler<DescribeClusterRequest> {
    private final String cluster = "c".repeat(ANSWER_BYTES);

    @Override
    public ApiKeys key() {
      return ApiKeys.DESCRIBE_CLUSTER;
    }

    @Override
    public Class<DescribeClusterRequest> requestType() {
      return DescribeClusterRequest.class;
    }

    @Override
    public CompletableFuture<AbstractResponse> handle(
        RequestContext context, DescribeClusterRequest request) {
      handled.incrementAndGet();
      return CompletableFuture.completedFuture(
          new DescribeClusterResponse(new DescribeClusterResponseData().setClusterId(cluster)));
    }
  }

  @BeforeEach
  void listen() {
    listener =
        new KafkaListener(
            new HostPort("127.0.0.1", 0), 1 << 20, NetSettings.DEFAULTS, new NetMetrics(registry));
    listener.serve(new Dispatcher(List.of(new LargeAnswers())));
  }

  @AfterEach
  void close() {
    listener.close();
  }

  private static void sendAll(Socket socket) {
    try {
      OutputStream out = new BufferedOutputStream(socket.getOutputStream());
      for (int i = 0; i < REQUESTS; i++) {
        var header = new RequestHeader(ApiKeys.DESCRIBE_CLUSTER, VERSION, "", i);
        ByteBuffer request =
            RequestUtils.serialize(
                header.data(), header.headerVersion(), new DescribeClusterRequestData(), VERSION);
        out.write(ByteBuffer.allocate(Integer.BYTES).putInt(request.remaining()).array());
        out.write(request.array(), request.arrayOffset(), request.remaining());
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aClientThatTakesNoAnswersIsNotReadUntilItDoes() throws Exception {
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(64 << 10);
      socket.setSoTimeout(30_000);
      socket.connect(new InetSocketAddress(listener.address().host(), listener.address().port()));
      CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> sendAll(socket));

      var seen = new AtomicInteger();
      Awaitility.await()
          .during(Duration.ofMillis(500))
          .until(() -> seen.getAndSet(handled.get()) == handled.get() && handled.get() > 0);
      assertThat(handled).hasValueLessThan(MOST_UNTAKEN);
      assertThat(registry.get("hub.net.paused").tag("reason", "outbound").gauge().value()).isOne();

      var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      for (int i = 0; i < REQUESTS; i++) {
        int size = in.readInt();
        assertThat(in.readInt()).as("the correlation id").isEqualTo(i);
        in.skipNBytes(size - Integer.BYTES);
      }
      sent.join();
      assertThat(handled).hasValue(REQUESTS);
    }
  }
}
