package io.headwater.edge.down;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogSlice;
import io.headwater.process.Threads;
import io.headwater.uplink.Batch;
import io.headwater.uplink.FetchRequest;
import io.headwater.uplink.Fetched;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the log again, one batch a request; knows nothing between two. */
final class Refetcher implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Refetcher.class);
  private static final int MOST_WAITING = 64;

  private final EdgeLog log;
  private final String gateway;
  private final int batchRecords;
  private final int batchBytes;
  private final Consumer<Fetched> answers;
  private final DownMetrics metrics;
  private final ArrayBlockingQueue<FetchRequest> requests = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Thread thread;
  private volatile boolean closing;

  Refetcher(
      EdgeLog log,
      String gateway,
      int batchRecords,
      int batchBytes,
      Consumer<Fetched> answers,
      DownMetrics metrics) {
    this.log = log;
    this.gateway = gateway;
    this.batchRecords = batchRecords;
    this.batchBytes = batchBytes;
    this.answers = answers;
    this.metrics = metrics;
    thread = Threads.start("edge-refetch-0", this::run);
  }

  /** Takes a request; one that does not fit in is dropped, and repeated by the bridge. */
  void take(FetchRequest request) {
    if (!requests.contains(request) && !requests.offer(request)) {
      metrics.ignored("busy");
    }
  }

  private void run() {
    while (!closing) {
      try {
        FetchRequest request = requests.poll(200, TimeUnit.MILLISECONDS);
        if (request != null) {
          answers.accept(answer(request));
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("Readings could not be fetched again");
      }
    }
  }

  private Fetched answer(FetchRequest request) {
    StreamPartition partition = request.partition();
    Long end = log.ends().get(partition);
    if (request.epoch() != log.epoch()) {
      return refused(
          request,
          "the log of epoch "
              + Long.toHexString(request.epoch())
              + " is gone; this one is "
              + Long.toHexString(log.epoch()));
    }
    if (end == null) {
      return refused(
          request,
          "the gateway has no partition "
              + partition.partition()
              + " of stream "
              + partition.stream());
    }
    long from = offset(partition, request.from(), end);
    long to = Math.min(offset(partition, request.to(), end), end);
    if (from >= to) {
      return new Fetched(
          gateway, request.id(), "", Math.min(from, end), Math.min(from, end), Optional.empty());
    }
    LogSlice slice = slice(partition, from, to);
    metrics.refetched(slice.records().size());
    var batch =
        new Batch(
            gateway,
            log.epoch(),
            log.incarnations().getLast().id(),
            partition,
            Track.REFETCH,
            slice.firstOffset(),
            slice.nextOffset(),
            slice.records(),
            slice.gaps());
    return new Fetched(gateway, request.id(), "", from, to, Optional.of(batch));
  }

  private Fetched refused(FetchRequest request, String why) {
    return new Fetched(gateway, request.id(), why, 0, 0, Optional.empty());
  }

  private long offset(StreamPartition partition, FetchRequest.Place place, long end) {
    return switch (place.unit()) {
      case OFFSET -> place.value();
      case TIME -> log.offsetSince(partition, place.value(), end);
    };
  }

  /** What retention has deleted was settled, and is told so. */
  private LogSlice slice(StreamPartition partition, long from, long to) {
    long start = log.start(partition);
    if (from < start && log.settled(partition).covers(from, Math.min(start, to))) {
      long next = Math.min(start, to);
      return new LogSlice(
          from, next, List.of(), List.of(new Gap(from, next, GapReason.RETENTION, 0, next - from)));
    }
    return log.read(partition, from, (int) Math.min(batchRecords, to - from), batchBytes)
        .before(to);
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(5_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
