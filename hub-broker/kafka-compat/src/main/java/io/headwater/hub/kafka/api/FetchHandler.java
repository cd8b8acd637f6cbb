package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.LogRead;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.Broker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Reads, and waits for more where there is too little.
 *
 * <p>Without fetch sessions (session id 0): every request names all its partitions, which the
 * protocol allows. A waiting fetch sleeps until a high watermark of its partitions rises or its
 * time is over; nothing polls.
 */
public final class FetchHandler implements ApiHandler<FetchRequest> {
  /** Bounds what one request may ask for, however large its own bounds are. */
  private static final int MOST_BYTES = 55 << 20;

  /** While answers hold all the memory that they may. */
  private static final int FULL_MILLIS = 10;

  /** From this version a response may name the leader that should have been asked. */
  private static final int FIRST_WITH_LEADER = 16;

  private final Partitions partitions;
  private final Executor workers;
  private final ScheduledExecutorService timer;
  private final FetchMemory memory;
  private final ApiMetrics metrics;

  /**
   * @param memory what answers hold until clients have taken them
   */
  public FetchHandler(
      Partitions partitions,
      Executor workers,
      ScheduledExecutorService timer,
      FetchMemory memory,
      ApiMetrics metrics) {
    this.partitions = partitions;
    this.workers = workers;
    this.timer = timer;
    this.memory = memory;
    this.metrics = metrics;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.FETCH;
  }

  @Override
  public Class<FetchRequest> requestType() {
    return FetchRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(RequestContext context, FetchRequest request) {
    var waiting = new WaitingFetch(request);
    waiting.attempt();
    return waiting.answer;
  }

  private record ReadAll(FetchMemory.Held data, int bytes, boolean anyError) {}

  /**
   * Reads all partitions.
   *
   * @param share what was taken for it of the memory
   */
  private ReadAll readAll(FetchRequest request, int share) {
    int left = share;
    int bytes = 0;
    boolean anyError = false;
    var responses = new ArrayList<FetchableTopicResponse>();
    for (FetchTopic topic : request.data().topics()) {
      var response =
          new FetchableTopicResponse().setTopic(topic.topic()).setTopicId(topic.topicId());
      for (FetchPartition partition : topic.partitions()) {
        PartitionData data = read(topic, partition, left, bytes == 0, request.isolationLevel());
        int size = FetchResponse.recordsSize(data);
        bytes += size;
        left = Math.max(0, left - size);
        anyError |= data.errorCode() != Errors.NONE.code();
        response.partitions().add(data);
      }
      responses.add(response);
    }
    var data = memory.hold(share, new FetchResponseData().setResponses(responses));
    return new ReadAll(data, bytes, anyError);
  }

  private void count(FetchResponseData data) {
    for (FetchableTopicResponse topic : data.responses()) {
      ApiMetrics.OfTopic counts =
          metrics.of(partitions.nameIfKnown(topic.topicId(), topic.topic()));
      counts.fetchRequest();
      long bytes = 0;
      for (PartitionData partition : topic.partitions()) {
        bytes += FetchResponse.recordsSize(partition);
        if (partition.errorCode() != Errors.NONE.code()) {
          counts.refusedRead(Errors.forCode(partition.errorCode()));
        }
      }
      counts.fetched(bytes);
    }
  }

  /** Names the leaders to a client that takes this broker for them (KIP-951). */
  private void nameLeaders(FetchResponseData data) {
    for (FetchableTopicResponse topic : data.responses()) {
      for (PartitionData partition : topic.partitions()) {
        if (partition.errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code()
            || partition.errorCode() == Errors.FENCED_LEADER_EPOCH.code()) {
          partitions
              .current(topic.topicId(), topic.topic(), partition.partitionIndex())
              .ifPresent(now -> {
                partition.setCurrentLeader(
                    new LeaderIdAndEpoch()
                        .setLeaderId(now.leader())
                        .setLeaderEpoch(now.leaderEpoch()));
                partitions.broker(now.leader()).ifPresent(broker -> addEndpoint(data, broker));
              });
        }
      }
    }
  }

  private static void addEndpoint(FetchResponseData data, Broker broker) {
    if (data.nodeEndpoints().find(broker.id()) == null) {
      data.nodeEndpoints()
          .add(
              new NodeEndpoint()
                  .setNodeId(broker.id())
                  .setHost(broker.host())
                  .setPort(broker.port())
                  .setRack(broker.rack()));
    }
  }

  private PartitionData read(
      FetchTopic topic,
      FetchPartition wanted,
      int left,
      boolean atLeastOne,
      IsolationLevel isolation) {
    try {
      var partition =
          new TopicPartition(partitions.name(topic.topicId(), topic.topic()), wanted.partition());
      PartitionLog log = partitions.serving(partition, wanted.currentLeaderEpoch());
      LogRead read =
          log.read(
              wanted.fetchOffset(),
              Math.clamp(wanted.partitionMaxBytes(), 0, left),
              atLeastOne,
              isolation);
      return new PartitionData()
          .setPartitionIndex(wanted.partition())
          .setHighWatermark(read.highWatermark())
          .setLastStableOffset(read.lastStableOffset())
          .setLogStartOffset(read.logStartOffset())
          .setAbortedTransactions(
              isolation == IsolationLevel.READ_COMMITTED ? read.abortedTransactions() : null)
          .setRecords(read.records());
    } catch (ApiException e) {
      return FetchResponse.partitionResponse(wanted.partition(), Errors.forException(e))
          .setRecords(MemoryRecords.EMPTY);
    }
  }

  /** One fetch from its arrival to its answer. */
  private final class WaitingFetch {
    private final FetchRequest request;
    private final CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
    private final long deadline;
    private final AtomicBoolean reading = new AtomicBoolean();
    private final AtomicBoolean again = new AtomicBoolean();
    private final List<PartitionLog.Registration> registrations = new ArrayList<>();
    private boolean registered;

    WaitingFetch(FetchRequest request) {
      this.request = request;
      this.deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(request.maxWait());
    }

    /** Reads; answers if there is enough, an error, or no time left. One thread at a time. */
    void attempt() {
      again.set(true);
      while (!answer.isDone() && again.get() && reading.compareAndSet(false, true)) {
        try {
          again.set(false);
          attemptOnce();
        } catch (RuntimeException e) {
          answer.completeExceptionally(e);
        } finally {
          reading.set(false);
        }
      }
    }

    private void attemptOnce() {
      // Not 0, which is what there is while the memory is used up; one batch is read in any case.
      int wanted = Math.clamp(request.maxBytes(), 1, MOST_BYTES);
      boolean isLast = deadline - System.nanoTime() <= 0;
      int share = memory.take(wanted);
      if (share == 0) {
        if (!isLast) {
          timer.schedule(this::wake, FULL_MILLIS, TimeUnit.MILLISECONDS);
          return;
        }
        share = memory.takeLeast(wanted);
      }
      ReadAll read = readAll(share);
      // Who may read less than it asks for would wait in vain; batches rarely fill a share up.
      int enough = Math.min(request.minBytes(), Math.max(1, share / 2));
      if (read.bytes() >= enough || read.anyError() || isLast) {
        count(read.data());
        if (read.anyError() && request.version() >= FIRST_WITH_LEADER) {
          nameLeaders(read.data());
        }
        if (!answer.complete(FetchResponse.of(read.data()))) {
          read.data().letGo();
        }
        return;
      }
      read.data().letGo();
      if (!registered) {
        registered = true;
        register();
      }
    }

    private ReadAll readAll(int share) {
      try {
        return FetchHandler.this.readAll(request, share);
      } catch (RuntimeException e) {
        memory.giveBack(share);
        throw e;
      }
    }

    private void register() {
      ScheduledFuture<?> timeout =
          timer.schedule(
              this::wake, Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      answer.whenComplete((_, _) -> timeout.cancel(false));
      try {
        registerAll();
      } finally {
        // Also if a topic was deleted half-way: nobody else knows of those registered before.
        answer.whenComplete((_, _) -> registrations.forEach(PartitionLog.Registration::close));
      }
    }

    private void registerAll() {
      for (FetchTopic topic : request.data().topics()) {
        for (FetchPartition wanted : topic.partitions()) {
          var partition =
              new TopicPartition(
                  partitions.name(topic.topicId(), topic.topic()), wanted.partition());
          // Each registration announces the present high watermark at once: what rose between the
          // read and now is seen, because it wakes the fetch for one more read.
          registrations.add(partitions.serving(partition).onHighWatermark(new Wake()));
        }
      }
    }

    private void wake() {
      try {
        workers.execute(this::attempt);
      } catch (RejectedExecutionException _) {
        answer.completeExceptionally(new KafkaStorageException("the hub is stopping"));
      }
    }

    private final class Wake implements PartitionLog.HighWatermarkListener {
      private long seen = -1;

      @Override
      public void onHighWatermark(long highWatermark) {
        if (seen != highWatermark) {
          boolean first = seen == -1;
          seen = highWatermark;
          again.set(true); // the running attempt reads once more
          if (!first) {
            wake();
          }
        }
      }

      @Override
      public void onEnd() {
        wake();
      }
    }
  }
}
