package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metrics.MetricsSettings;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damaged requests on a real broker: each connection ends or is answered, and nothing else is. */
@Timeout(120)
class FuzzTest {
  private static final int REQUESTS = Integer.getInteger("headwater.fuzz.requests", 600);
  private static final int ANSWERED_WITHIN_MS = 20_000;

  @TempDir private Path folder;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Broker broker;
  private Uuid topicId = Uuid.ZERO_UUID;
  private int correlation;

  @BeforeEach
  void start() throws IOException {
    broker =
        Broker.start(
            new Broker.Settings(
                1,
                folder,
                new HostPort("127.0.0.1", 0),
                Optional.empty(),
                4 << 20,
                new NetSettings(
                    ByteSize.ofMebibytes(8),
                    100,
                    50,
                    Duration.ofMinutes(1),
                    ByteSize.ofKibibytes(100)),
                true,
                2,
                1,
                Map.of(),
                new GroupSettings(2, Duration.ZERO),
                new TransactionSettings(
                    2, Duration.ofMinutes(1), Duration.ofDays(1), Duration.ofSeconds(1)),
                FileLogSettings.DEFAULTS,
                MetricsSettings.DEFAULTS),
            new MemoryStore(),
            registry,
            new Health(),
            Clock.systemUTC());
    topicId = create("t");
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), broker.address().port());
    socket.setSoTimeout(ANSWERED_WITHIN_MS);
    return socket;
  }

  private byte[] frame(ApiKeys key, int version, ApiMessage body) {
    var header = new RequestHeader(key, (short) version, "fuzz", ++correlation);
    ByteBuffer request =
        RequestUtils.serialize(header.data(), header.headerVersion(), body, (short) version);
    var frame = ByteBuffer.allocate(Integer.BYTES + request.remaining());
    frame.putInt(request.remaining()).put(request);
    return frame.array();
  }

  private AbstractResponse send(ApiKeys key, int version, ApiMessage body) throws IOException {
    try (Socket socket = connect()) {
      byte[] frame = frame(key, version, body);
      socket.getOutputStream().write(frame);
      var in = new DataInputStream(socket.getInputStream());
      byte[] response = new byte[in.readInt()];
      in.readFully(response);
      return AbstractResponse.parseResponse(
          ByteBuffer.wrap(response),
          RequestHeader.parse(ByteBuffer.wrap(frame, 4, frame.length - 4).slice()));
    }
  }

  private Uuid create(String name) throws IOException {
    var topics = new CreateTopicsRequestData.CreatableTopicCollection();
    topics.add(
        new CreateTopicsRequestData.CreatableTopic()
            .setName(name)
            .setNumPartitions(2)
            .setReplicationFactor((short) 1));
    var response =
        (CreateTopicsResponse)
            send(
                ApiKeys.CREATE_TOPICS,
                7,
                new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(5_000));
    assertThat(response.errorCounts()).containsOnlyKeys(Errors.NONE);
    return response.data().topics().iterator().next().topicId();
  }

  @Test
  void damagedRequestsAreAnsweredOrEndTheirConnectionAndNothingElse() throws IOException {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var samples = new Samples(topicId);
    List<ApiKeys> apis =
        Arrays.stream(ApiKeys.values()).filter(key -> hasSample(samples, key)).toList();
    for (int i = 0; i < REQUESTS; i++) {
      ApiKeys key = apis.get(random.nextInt(apis.size()));
      int oldest = key == ApiKeys.PRODUCE ? 3 : key.oldestVersion();
      int version = random.nextInt(oldest, key.latestVersion() + 1);
      byte[] damaged = damage(frame(key, version, samples.of(key, version)), random);
      String text = "%s, request %d, %s version %d".formatted(seed, i, key, version);
      try (Socket socket = connect()) {
        socket.getOutputStream().write(damaged);
        socket.shutdownOutput();
        // The hub sees the end of the stream, and closes: whatever it answers before ends by then.
        assertThat(socket.getInputStream().readAllBytes().length).as(text).isNotNegative();
      } catch (java.net.SocketTimeoutException e) {
        throw new AssertionError("no end of the connection: " + text, e);
      } catch (java.net.SocketException _) {
        // Reset: the hub did not want what followed.
      }
    }
    var _ = create("afterwards-" + Math.abs(seed.value()));
    Awaitility.await("all request memory given back, " + seed)
        .atMost(Duration.ofSeconds(20))
        .until(() -> memoryUsed() == 0);
    assertThat(broker.failed()).as("%s", seed).isNotDone();
  }

  private double memoryUsed() {
    Gauge gauge = registry.find("hub.net.request.memory").gauge();
    return gauge == null ? -1 : gauge.value();
  }

  private static boolean hasSample(Samples samples, ApiKeys key) {
    try {
      return samples.of(key, key.latestVersion()) != null;
    } catch (RuntimeException _) {
      return false;
    }
  }

  private static byte[] damage(byte[] frame, SplittableRandom random) {
    byte[] damaged = frame.clone();
    switch (random.nextInt(5)) {
      case 0 -> { // a few bits anywhere, the length too
        for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
          damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 1 -> { // bits behind the header: the parsers get to see them
        for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
          int at = Math.min(damaged.length - 1, 18 + random.nextInt(damaged.length));
          damaged[at] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 2 -> { // huge counts
        int at = Math.min(damaged.length - 1, 14 + random.nextInt(damaged.length));
        Arrays.fill(damaged, at, Math.min(damaged.length, at + 4), (byte) 0x7F);
      }
      case 3 -> { // cut off, with a length that fits
        int length = random.nextInt(8, Math.max(9, damaged.length - 4));
        damaged = Arrays.copyOf(damaged, 4 + length);
        ByteBuffer.wrap(damaged).putInt(0, length);
      }
      default -> { // noise of the right length
        byte[] noise = new byte[damaged.length - 12];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, damaged, 12, noise.length);
      }
    }
    return damaged;
  }

  @Test
  void damagedRecordsAreRefusedAndNothingIsWritten() throws IOException {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    long end = endOffset();
    for (int i = 0; i < 200; i++) {
      ByteBuffer batch = Samples.records().buffer().duplicate();
      byte[] bytes = new byte[batch.remaining()];
      batch.get(bytes);
      // From the checksum on, every bit counts.
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        int at = random.nextInt(DefaultRecordBatch.CRC_OFFSET, bytes.length);
        bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
      if (Arrays.equals(bytes, bytes(Samples.records()))) {
        continue; // one bit twice
      }
      AbstractResponse response = send(ApiKeys.PRODUCE, 9, produce(bytes));
      assertThat(response.errorCounts())
          .as("%s, batch %d", seed, i)
          .containsOnlyKeys(Errors.CORRUPT_MESSAGE);
    }
    assertThat(endOffset()).as("%s", seed).isEqualTo(end);
    assertThat(send(ApiKeys.PRODUCE, 9, produce(bytes(Samples.records()))).errorCounts())
        .containsOnlyKeys(Errors.NONE);
    assertThat(endOffset()).isEqualTo(end + 1);
  }

  private static byte[] bytes(MemoryRecords records) {
    ByteBuffer buffer = records.buffer().duplicate();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static ProduceRequestData produce(byte[] batch) {
    var topics = new ProduceRequestData.TopicProduceDataCollection();
    topics.add(
        new ProduceRequestData.TopicProduceData()
            .setName("t")
            .setPartitionData(
                List.of(
                    new ProduceRequestData.PartitionProduceData()
                        .setIndex(0)
                        .setRecords(MemoryRecords.readableRecords(ByteBuffer.wrap(batch))))));
    return new ProduceRequestData().setAcks((short) -1).setTimeoutMs(5_000).setTopicData(topics);
  }

  private long endOffset() throws IOException {
    var samples = new Samples(topicId);
    var response =
        (ListOffsetsResponse) send(ApiKeys.LIST_OFFSETS, 5, samples.of(ApiKeys.LIST_OFFSETS, 5));
    return response.data().topics().getLast().partitions().getFirst().offset();
  }

  @Test
  void closesConnectionsBeyondTheLimit() throws IOException {
    var open = new java.util.ArrayList<Socket>();
    try {
      for (int i = 0; i < 50; i++) {
        Socket socket = connect();
        open.add(socket);
        socket
            .getOutputStream()
            .write(
                frame(ApiKeys.API_VERSIONS, 0, new Samples(topicId).of(ApiKeys.API_VERSIONS, 0)));
        assertThat(socket.getInputStream().read()).isNotNegative();
      }
      try (Socket oneMore = connect()) {
        assertThat(oneMore.getInputStream().read()).isEqualTo(-1);
      }
      open.removeFirst().close();
      Awaitility.await("room for another connection")
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptions()
          .until(() ->
              send(ApiKeys.API_VERSIONS, 0, new Samples(topicId).of(ApiKeys.API_VERSIONS, 0))
                  != null);
      assertThat(
              registry
                  .get("hub.net.refused")
                  .tag("reason", "max-connections-per-address")
                  .counter()
                  .count())
          .isPositive();
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
