package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.api.Dispatcher;
import io.headwater.hub.kafka.api.HoldsMemory;
import io.headwater.hub.kafka.api.NoResponse;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One connection, with a handler whose answers come when the test says so. */
@Timeout(30)
class ConnectionHandlerTest {
  private static final long MOST_BYTES = 10_000;
  private static final int DESCRIBE_CLUSTER_VERSION = 1;

  /** Started requests in their order. */
  private final List<CompletableFuture<AbstractResponse>> started = new ArrayList<>();

  private final List<ByteBuf> frames = new ArrayList<>();
  private final Deque<Runnable> held = new ArrayDeque<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final NetMetrics metrics = new NetMetrics(registry);
  private final RequestMemory memory = new RequestMemory(MOST_BYTES);
  private boolean broken;
  private EmbeddedChannel channel = connect(Runnable::run);

  private final class LateAnswers implements ApiHandler<DescribeClusterRequest> {
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
      if (broken) {
        throw new StackOverflowError("on purpose");
      }
      var answer = new CompletableFuture<AbstractResponse>();
      started.add(answer);
      return answer;
    }
  }

  /** Its requests hold records, which point into the frame. */
  private final class LateProduce implements ApiHandler<ProduceRequest> {
    @Override
    public ApiKeys key() {
      return ApiKeys.PRODUCE;
    }

    @Override
    public Class<ProduceRequest> requestType() {
      return ProduceRequest.class;
    }

    @Override
    public CompletableFuture<AbstractResponse> handle(
        RequestContext context, ProduceRequest request) {
      var answer = new CompletableFuture<AbstractResponse>();
      started.add(answer);
      return answer;
    }
  }

  private EmbeddedChannel connect(Executor workers) {
    return new EmbeddedChannel(
        new ConnectionHandler(
            new Dispatcher(List.of(new LateAnswers(), new LateProduce())),
            workers,
            metrics,
            memory,
            new ReadGate(metrics),
            MOST_BYTES)) {
      @Override
      protected SocketAddress remoteAddress0() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
      }
    };
  }

  private void send(ByteBuf frame) {
    frames.add(frame);
    channel.writeInbound(frame);
  }

  private void request(int correlation) {
    send(
        frame(
            ApiKeys.DESCRIBE_CLUSTER,
            DESCRIBE_CLUSTER_VERSION,
            correlation,
            new DescribeClusterRequestData()));
  }

  private static ByteBuf frame(ApiKeys key, int version, int correlation, ApiMessage body) {
    var header = new RequestHeader(key, (short) version, "test", correlation);
    return Unpooled.wrappedBuffer(
        RequestUtils.serialize(header.data(), header.headerVersion(), body, (short) version));
  }

  private void answer(int index) {
    started.get(index).complete(new DescribeClusterResponse(new DescribeClusterResponseData()));
    channel.runPendingTasks();
  }

  private AbstractResponse read(ApiKeys key, int version, int correlation) {
    ByteBuf response = Objects.requireNonNull(channel.<ByteBuf>readOutbound(), "no answer");
    assertThat(response.readInt()).isEqualTo(response.readableBytes());
    // Fails if the correlation id is another one.
    AbstractResponse parsed =
        AbstractResponse.parseResponse(
            response.nioBuffer(), new RequestHeader(key, (short) version, "test", correlation));
    response.release();
    return parsed;
  }

  private void readCluster(int correlation) {
    assertThat(read(ApiKeys.DESCRIBE_CLUSTER, DESCRIBE_CLUSTER_VERSION, correlation))
        .isInstanceOf(DescribeClusterResponse.class);
  }

  private void assertFramesReleased() {
    assertThat(frames).isNotEmpty().allSatisfy(frame -> assertThat(frame.refCnt()).isZero());
  }

  private double malformed() {
    return registry.counter("hub.net.malformed").count();
  }

  @Test
  void startsRequestsAtOnceAndAnswersThemInOrder() {
    for (int i = 0; i < 3; i++) {
      request(i);
    }
    assertThat(started).hasSize(3);

    answer(2);
    answer(1);
    assertThat(channel.<Object>readOutbound()).as("the first is not answered yet").isNull();
    answer(0);

    for (int i = 0; i < 3; i++) {
      readCluster(i);
    }
    assertFramesReleased();
  }

  @Test
  void oneWorkerStartsWhatWaitsOneAfterTheOther() {
    channel = connect(held::add);
    request(0);
    request(1);
    assertThat(held).as("one at a time, so that appends keep their order").hasSize(1);

    held.remove().run();
    channel.runPendingTasks();

    assertThat(started).hasSize(2);
    assertThat(held).as("no second one was woken").isEmpty();
  }

  @Test
  void readsNoMoreWhileEightAreUnanswered() {
    for (int i = 0; i < 8; i++) {
      assertThat(channel.config().isAutoRead()).as("before request %d", i).isTrue();
      request(i);
    }
    assertThat(channel.config().isAutoRead()).isFalse();

    answer(0);

    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void readsNoMoreWhileTheClientDoesNotTakeItsAnswers() {
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    channel.runPendingTasks();
    assertThat(channel.config().isAutoRead()).isFalse();
    assertThat(registry.get("hub.net.paused").tag("reason", "outbound").gauge().value()).isOne();
    request(0);
    answer(0);
    assertThat(channel.config().isAutoRead()).as("an answer takes nothing away").isFalse();

    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
    channel.runPendingTasks();

    assertThat(channel.config().isAutoRead()).isTrue();
    readCluster(0);
  }

  @Test
  void countsRequestsTheirSizesErrorsAndTimes() {
    request(0);
    request(1);
    assertThat(registry.get("hub.net.unanswered").gauge().value()).isEqualTo(2);
    started.getFirst().completeExceptionally(new TimeoutException("late"));
    answer(1);

    var api = "DescribeCluster";
    assertThat(registry.get("hub.requests").tag("api", api).tag("version", "1").counter().count())
        .isEqualTo(2);
    assertThat(
            registry
                .get("hub.request.errors")
                .tag("api", api)
                .tag("error", "REQUEST_TIMED_OUT")
                .counter()
                .count())
        .isEqualTo(1);
    var sizes = registry.get("hub.request.size").tag("api", api).summary();
    assertThat(sizes.count()).isEqualTo(2);
    assertThat(registry.get("hub.net.unanswered").gauge().value()).isZero();
    long bytes = 0;
    for (int i = 0; i < 2; i++) {
      ByteBuf response = Objects.requireNonNull(channel.<ByteBuf>readOutbound());
      bytes += response.readableBytes();
      response.release();
    }
    var responses = registry.get("hub.response.size").tag("api", api).summary();
    assertThat(responses.totalAmount()).isEqualTo((double) bytes);
    Timer whole = registry.get("hub.request").tag("api", api).timer();
    assertThat(whole.count()).isEqualTo(2);
    double stages = 0;
    for (String stage : List.of("queue", "handle", "log", "send")) {
      Timer part = registry.get("hub.request.stage").tag("api", api).tag("stage", stage).timer();
      assertThat(part.count()).as(stage).isEqualTo(2);
      stages += part.totalTime(TimeUnit.NANOSECONDS);
    }
    assertThat(stages).as("they add up").isEqualTo(whole.totalTime(TimeUnit.NANOSECONDS));
  }

  @Test
  void aConnectionThatIsClosedWhileItIsNotReadIsNotCountedAsPaused() {
    for (int i = 0; i < 9; i++) {
      request(i);
    }
    assertThat(paused()).isEqualTo(1);

    channel.close();

    assertThat(paused()).isZero();
    for (int i = 0; i < 9; i++) {
      answer(i);
    }
    assertThat(paused()).isZero();
    assertThat(registry.get("hub.net.unanswered").gauge().value()).isZero();
    assertThat(registry.get("hub.net.pause").tag("reason", "in-flight").timer().count()).isOne();
    assertThat(registry.get("hub.net.connections").gauge().value()).isZero();
  }

  private double paused() {
    return registry.get("hub.net.paused").tag("reason", "in-flight").gauge().value();
  }

  @Test
  void readsNoMoreWhileTooManyBytesAreUnanswered() {
    ByteBuf large =
        Unpooled.copiedBuffer(
            frame(ApiKeys.DESCRIBE_CLUSTER, 1, 1, new DescribeClusterRequestData()),
            Unpooled.buffer().writeZero((int) MOST_BYTES));
    send(large);
    assertThat(started).hasSize(1);
    assertThat(channel.config().isAutoRead()).isFalse();

    answer(0);

    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aFailureIsAnsweredWithItsCode() {
    request(7);

    started.getFirst().completeExceptionally(new TimeoutException("late"));
    channel.runPendingTasks();

    var response =
        (DescribeClusterResponse) read(ApiKeys.DESCRIBE_CLUSTER, DESCRIBE_CLUSTER_VERSION, 7);
    assertThat(response.data().errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    assertFramesReleased();
  }

  @Test
  void whatIsNotAnsweredDoesNotHoldUpTheNext() {
    request(0);
    request(1);

    started.getFirst().complete(NoResponse.INSTANCE);
    answer(1);

    readCluster(1);
    assertThat(channel.<Object>readOutbound()).isNull();
    assertFramesReleased();
  }

  @Test
  void anUnknownVersionOfApiVersionsIsAnsweredInVersion0() {
    send(frame(ApiKeys.API_VERSIONS, 4, 3, new ApiVersionsRequestData()).setShort(2, 99));

    var response = (ApiVersionsResponse) read(ApiKeys.API_VERSIONS, 0, 3);

    assertThat(response.data().errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    assertThat(response.apiVersion(ApiKeys.DESCRIBE_CLUSTER.id)).isNotNull();
    assertThat(channel.isActive()).isTrue();
  }

  @Test
  void garbageClosesTheConnectionIsCountedAndLeavesNoMemoryBehind() {
    List<ByteBuf> garbage =
        List.of(
            Unpooled.buffer().writeShort(0x7f7f).writeShort(1).writeInt(1).writeShort(-1),
            frame(ApiKeys.DESCRIBE_CLUSTER, 1, 1, new DescribeClusterRequestData()).setShort(2, 99),
            frame(ApiKeys.METADATA, 4, 1, new DescribeClusterRequestData()),
            Unpooled.copiedBuffer(
                frame(ApiKeys.DESCRIBE_CLUSTER, 1, 1, new DescribeClusterRequestData())
                    .slice(0, 10)));
    int count = 0;
    for (ByteBuf bytes : garbage) {
      channel = connect(Runnable::run);
      send(bytes);
      channel.runPendingTasks();

      assertThat(channel.isActive()).as("garbage %d", count).isFalse();
      assertThat(channel.<Object>readOutbound()).isNull();
      assertThat(malformed()).isEqualTo(++count);
    }
    assertFramesReleased();
  }

  @Test
  void aFailureThatTheProtocolDoesNotKnowIsAnsweredToo() {
    request(0);

    started.getFirst().completeExceptionally(new StackOverflowError());
    channel.runPendingTasks();

    assertThat(read(ApiKeys.DESCRIBE_CLUSTER, DESCRIBE_CLUSTER_VERSION, 0).errorCounts())
        .containsOnlyKeys(Errors.UNKNOWN_SERVER_ERROR);
    assertFramesReleased();
  }

  @Test
  void aRequestWithoutAnAnswerClosesItsConnection() {
    channel = connect(held::add);
    broken = true;
    request(0);
    request(1);

    assertThatThrownBy(() -> held.remove().run()).isInstanceOf(StackOverflowError.class);
    held.remove().run();
    channel.runPendingTasks();

    assertThat(channel.isActive()).isFalse();
    assertThat(malformed()).as("not the client's fault").isZero();
    assertFramesReleased();
  }

  @Test
  void garbageDoesNotTakeThoseBehindItIntoTheMemory() {
    channel = connect(held::add);
    send(Unpooled.buffer().writeShort(0x7f7f).writeShort(1).writeInt(1).writeShort(-1));
    request(1);

    held.remove().run();
    channel.runPendingTasks();

    assertThat(channel.isActive()).isFalse();
    assertThat(started).isEmpty();
    assertFramesReleased();
  }

  @Test
  void aRequestWithoutRecordsGivesItsFrameBackBeforeItsAnswer() {
    request(0);

    assertThat(started).hasSize(1);
    assertThat(started.getFirst()).isNotDone();
    assertFramesReleased();
  }

  /** An answer that counts what it holds. */
  private static class Holding extends DescribeClusterResponseData implements HoldsMemory {
    int letGo;

    @Override
    public void letGo() {
      letGo++;
    }
  }

  @Test
  void whatAnAnswerHoldsIsLetGoOnceTheSocketHasIt() {
    var first = new Holding();
    request(1);
    request(2);
    var second = new Holding();
    started.get(1).complete(new DescribeClusterResponse(second));
    channel.runPendingTasks();
    assertThat(second.letGo).as("it waits for the one before").isZero();

    started.get(0).complete(new DescribeClusterResponse(first));
    channel.runPendingTasks();

    assertThat(first.letGo).isPositive();
    assertThat(second.letGo).isPositive();
  }

  @Test
  void anAnswerThatThereIsNoMemoryForClosesItsConnection() {
    Holding tooLarge =
        new Holding() {
          @Override
          public void write(Writable writable, ObjectSerializationCache cache, short version) {
            throw new OutOfMemoryError("on purpose");
          }
        };
    request(0);

    started.getFirst().complete(new DescribeClusterResponse(tooLarge));
    channel.runPendingTasks();

    assertThat(channel.isActive()).isFalse();
    assertThat(tooLarge.letGo).isPositive();
  }

  @Test
  void whatAnswersHoldIsLetGoWithTheirConnection() {
    request(1);
    request(2);
    request(3);
    var waiting = new Holding();
    started.get(1).complete(new DescribeClusterResponse(waiting));
    channel.runPendingTasks();

    channel.close();
    channel.runPendingTasks();

    assertThat(waiting.letGo).isPositive();
    var late = new Holding();
    started.get(2).complete(new DescribeClusterResponse(late));
    channel.runPendingTasks();
    assertThat(late.letGo).as("though the first has no answer yet").isPositive();
  }

  @Test
  void whatArrivedBeforeTheConnectionWasClosedIsCarriedOut() {
    channel = connect(held::add);
    send(frame(ApiKeys.PRODUCE, 9, 0, new ProduceRequestData().setAcks((short) 1)));
    held.remove().run();
    request(1);
    send(frame(ApiKeys.PRODUCE, 9, 2, new ProduceRequestData().setAcks((short) 0)));

    channel.close();

    assertThat(frames.get(0).refCnt()).as("its records may still be read").isEqualTo(1);
    held.remove().run();
    channel.runPendingTasks();
    assertThat(started).as("who sends with acks=0 closes without waiting").hasSize(3);
    for (int i = 0; i < 3; i++) {
      answer(i);
    }
    assertThat(channel.<Object>readOutbound()).isNull();
    assertFramesReleased();
    assertThat(registry.get("hub.net.unanswered").gauge().value()).isZero();
  }
}
