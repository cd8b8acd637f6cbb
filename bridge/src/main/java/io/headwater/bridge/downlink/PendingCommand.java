package io.headwater.bridge.downlink;

import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.FetchRequest;
import io.headwater.uplink.ResultRecord;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A command without a result, and how far it is. Confined to the downlink's thread. */
final class PendingCommand {
  private static final long FIRST_REPEAT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LONGEST_REPEAT_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final CommandRecord command;
  private final long expiresMs;
  private ResultRecord.@Nullable Progress progress;
  private boolean writing;
  private long firstSentNanos;
  private long sentNanos;
  private long repeatNanos = FIRST_REPEAT_NANOS;
  private boolean sent;

  PendingCommand(CommandRecord command, long expiresMs, ResultRecord.@Nullable Progress progress) {
    this.command = command;
    this.expiresMs = expiresMs;
    this.progress = progress;
  }

  CommandRecord command() {
    return command;
  }

  long expiresMs() {
    return expiresMs;
  }

  /** Whether its result is on its way into the hub. */
  boolean isWriting() {
    return writing;
  }

  void writing(boolean now) {
    writing = now;
  }

  boolean isSent() {
    return sent;
  }

  long firstSentNanos() {
    return firstSentNanos;
  }

  boolean isDue(long nowNanos) {
    return !sent || nowNanos - sentNanos >= repeatNanos;
  }

  void sent(long nowNanos) {
    if (sent) {
      repeatNanos = Math.clamp(repeatNanos * 2, FIRST_REPEAT_NANOS, LONGEST_REPEAT_NANOS);
    } else {
      firstSentNanos = nowNanos;
    }
    sent = true;
    sentNanos = nowNanos;
  }

  /** The gateway is there: it need not wait for the whole of a long pause. */
  void gatewayHeard(long nowNanos) {
    if (sent && nowNanos - sentNanos >= FIRST_REPEAT_NANOS) {
      repeatNanos = 0;
    }
  }

  Optional<ResultRecord.Progress> progress() {
    return Optional.ofNullable(progress);
  }

  /** A batch is in the hub: the next one may be asked for at once. */
  void progressed(ResultRecord.Progress now) {
    progress = now;
    repeatNanos = 0;
  }

  /** What is to be fetched now. */
  Optional<FetchRequest> fetchRequest() {
    if (command.kind() != CommandKind.REFETCH || command.fetch().isEmpty()) {
      return Optional.empty();
    }
    CommandRecord.Fetch fetch = command.fetch().get();
    ResultRecord.Progress done = progress;
    return Optional.of(
        new FetchRequest(
            command.gateway(),
            command.id(),
            fetch.epoch(),
            fetch.partition(),
            done == null ? fetch.from() : FetchRequest.Place.offset(done.next()),
            done == null ? fetch.to() : FetchRequest.Place.offset(done.end())));
  }
}
