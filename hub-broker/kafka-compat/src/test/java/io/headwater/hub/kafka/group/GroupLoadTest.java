package io.headwater.hub.kafka.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.log.FileLogEngine;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.TopicLogs;
import io.headwater.hub.kafka.metadata.ImagePublisher;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Time;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator whose log cannot be read at first. */
@Timeout(60)
class GroupLoadTest {
  private static final String GROUP = "g";

  @TempDir private Path folder;
  private LogEngine engine;
  private StoredCatalog catalog;
  private GroupCoordination groups;

  /** What the next reads do: whether they work. Then all do. */
  private final Queue<Boolean> reads = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void start() throws Exception {
    engine =
        FileLogEngine.open(
            folder,
            FileLogSettings.DEFAULTS,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM);
    catalog = MemoryStore.catalog();
    var _ = catalog.subscribe(new TopicLogs(engine, catalog.configs(), 1)::apply);
    catalog.create(new NewTopic(Topic.GROUP_METADATA_TOPIC_NAME, 1, 1, Map.of()), false).join();
    groups =
        new GroupCoordination(
            1,
            seen(LogEngine.class, engine),
            (_, _, _, _, _, _) -> CompletableFuture.failedFuture(new IllegalStateException()),
            new GroupSettings(1, Duration.ZERO),
            MemoryStore.groupConfigs(),
            Clock.systemUTC());
    var images = new ImagePublisher();
    var _ = catalog.subscribe(images::publish);
    groups.start(images);
  }

  @AfterEach
  void stop() {
    groups.close();
    catalog.close();
    engine.close();
  }

  /** As the coordinator sees it: each read gives one batch, or fails. */
  private <T> T seen(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              if (method.getName().equals("read")) {
                arguments[1] = 1;
                if (Boolean.FALSE.equals(reads.poll())) {
                  throw new KafkaStorageException("could not be read within 10 s");
                }
              }
              return switch (invoke(real, method, arguments)) {
                case PartitionLog log -> seen(PartitionLog.class, log);
                case Object other -> other;
                case null -> null;
              };
            }));
  }

  private static @Nullable Object invoke(Object target, Method method, @Nullable Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private static RequestContext context(ApiKeys key) {
    return new RequestContext(
        new RequestHeader(key, key.latestVersion(), "test", 1),
        "1",
        InetAddress.getLoopbackAddress(),
        Optional.empty(),
        KafkaPrincipal.ANONYMOUS,
        new ListenerName("PLAINTEXT"),
        SecurityProtocol.PLAINTEXT,
        ClientInformation.EMPTY,
        false);
  }

  private void commit(int partition, long offset) {
    var one =
        new OffsetCommitRequestData.OffsetCommitRequestPartition()
            .setPartitionIndex(partition)
            .setCommittedOffset(offset);
    var request =
        new OffsetCommitRequestData()
            .setGroupId(GROUP)
            .setGenerationIdOrMemberEpoch(-1)
            .setTopics(
                List.of(
                    new OffsetCommitRequestData.OffsetCommitRequestTopic()
                        .setName("data")
                        .setPartitions(List.of(one))));
    var answer =
        groups
            .coordinator()
            .commitOffsets(context(ApiKeys.OFFSET_COMMIT), request, BufferSupplier.NO_CACHING)
            .orTimeout(10, TimeUnit.SECONDS)
            .join();
    assertThat(answer.topics().getFirst().partitions().getFirst().errorCode())
        .isEqualTo(Errors.NONE.code());
  }

  private List<Long> committed() {
    var request =
        new OffsetFetchRequestData.OffsetFetchRequestGroup()
            .setGroupId(GROUP)
            .setTopics(
                List.of(
                    new OffsetFetchRequestData.OffsetFetchRequestTopics()
                        .setName("data")
                        .setPartitionIndexes(List.of(0, 1, 2))));
    OffsetFetchResponseData.OffsetFetchResponseGroup answer =
        groups
            .coordinator()
            .fetchOffsets(context(ApiKeys.OFFSET_FETCH), request, false)
            .orTimeout(10, TimeUnit.SECONDS)
            .join();
    assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
    return answer.topics().getFirst().partitions().stream()
        .map(OffsetFetchResponseData.OffsetFetchResponsePartitions::committedOffset)
        .toList();
  }

  private JoinGroupResponseData join() {
    var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
    protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range"));
    var request =
        new JoinGroupRequestData()
            .setGroupId(GROUP)
            .setProtocolType("consumer")
            .setSessionTimeoutMs(10_000)
            .setRebalanceTimeoutMs(10_000)
            .setProtocols(protocols);
    return groups
        .coordinator()
        .joinGroup(context(ApiKeys.JOIN_GROUP), request, BufferSupplier.NO_CACHING)
        .orTimeout(10, TimeUnit.SECONDS)
        .join();
  }

  /** Waits though clients are told that it is being read. */
  private static ConditionFactory loading() {
    return Awaitility.await().ignoreExceptionsInstanceOf(CompletionException.class);
  }

  @Test
  void whatCouldNotBeReadIsReadAgainFromWhereItWas() {
    groups.onElection(0, 0);
    groups.loaded().join();
    for (int i = 0; i < 3; i++) {
      commit(i, 10 + i);
    }
    groups.onResignation(0, OptionalInt.empty());
    reads.addAll(List.of(false, true, false, false));

    groups.onElection(0, 1);

    loading().untilAsserted(() -> assertThat(committed()).containsExactly(10L, 11L, 12L));
    assertThat(reads).isEmpty();
    commit(1, 20);
    assertThat(committed()).containsExactly(10L, 20L, 12L);
    // It is told its id, with which it comes again.
    assertThat(Errors.forCode(join().errorCode())).isEqualTo(Errors.MEMBER_ID_REQUIRED);
  }

  @Test
  void theNextTenureReadsWhatTheOneBeforeCouldNot() {
    groups.onElection(0, 0);
    groups.loaded().join();
    commit(0, 10);
    groups.onResignation(0, OptionalInt.empty());
    reads.add(false);
    groups.onElection(0, 1);
    Awaitility.await().until(reads::isEmpty);

    groups.onResignation(0, OptionalInt.empty());
    groups.onElection(0, 2);

    loading().untilAsserted(() -> assertThat(committed()).startsWith(10L));
  }
}
