package io.headwater.bridge.downlink;

import io.headwater.bridge.handover.HubWrite;
import io.headwater.bridge.handover.HubWrites;
import io.headwater.uplink.Batch;
import io.headwater.uplink.Command;
import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.CommandResult;
import io.headwater.uplink.DownlinkCodec;
import io.headwater.uplink.FetchRequest;
import io.headwater.uplink.Fetched;
import io.headwater.uplink.Gap;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.ResultRecord;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the commands of owned lanes to their end. Confined to the downlink's thread. */
final class Commands {
  private static final Logger LOGGER = LoggerFactory.getLogger(Commands.class);

  /** How long after its expiry a gateway may still say what became of a command. */
  private static final long GRACE_MS = TimeUnit.SECONDS.toMillis(5);

  /** A gateway that was heard within so many seconds is not forgotten, unless forced. */
  private static final long SILENT_SECONDS = 60;

  private static final int LONGEST_DETAIL = 1024;

  private final HubWrites writes;
  private final Gateways gateways;
  private final Executor events;
  private final DownlinkMetrics metrics;
  private final Clock clock;
  private final Map<Integer, LaneCommands> lanes = new HashMap<>();
  private Duration kept = Duration.ZERO;

  /**
   * @param events runs on the downlink's thread
   */
  Commands(
      HubWrites writes, Gateways gateways, Executor events, DownlinkMetrics metrics, Clock clock) {
    this.writes = writes;
    this.gateways = gateways;
    this.events = events;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** How long the hub keeps commands: none lives longer. */
  void keep(Duration retention) {
    kept = retention;
  }

  void give(int lane, long tenure) {
    lanes.put(lane, new LaneCommands(tenure));
    count();
  }

  void take(int lane) {
    lanes.remove(lane);
    count();
  }

  private void count() {
    metrics.pending(lanes.values().stream().mapToInt(LaneCommands::size).sum());
  }

  void load(int lane, byte[] value) {
    LaneCommands commands = lanes.get(lane);
    if (commands != null) {
      ResultRecord.parse(value).ifPresentOrElse(commands::load, () -> metrics.ignored("result"));
    }
  }

  void caughtUp(int lane) {
    LaneCommands commands = lanes.get(lane);
    if (commands != null) {
      commands.caughtUp();
    }
  }

  void command(int lane, ConsumerRecord<byte[], byte[]> record) {
    LaneCommands commands = lanes.get(lane);
    if (commands == null || record.value() == null) {
      return;
    }
    if (record.timestamp() < clock.millis() - kept.toMillis()) {
      return; // its result may be gone, too
    }
    try {
      CommandRecord command = CommandRecord.parse(record.value(), record.timestamp());
      if (UplinkTopics.lane(command.gateway()) != lane) {
        throw new IllegalArgumentException(
            "the lane of gateway "
                + command.gateway()
                + " is partition "
                + UplinkTopics.lane(command.gateway()));
      }
      long latest = record.timestamp() + kept.toMillis();
      if (commands.add(command, Math.min(command.expiresMs(), latest))) {
        count();
      }
    } catch (MalformedUplinkException | IllegalArgumentException e) {
      metrics.ignored("command");
      LOGGER
          .atWarn()
          .addKeyValue("partition", record.partition())
          .addKeyValue("offset", record.offset())
          .addKeyValue("error", e.getMessage())
          .log("A record among the commands is none");
    }
  }

  /** A gateway is there. */
  void heard(String gateway) {
    long now = System.nanoTime();
    LaneCommands commands = lanes.get(UplinkTopics.lane(gateway));
    if (commands != null) {
      commands.heads().stream()
          .filter(head -> head.command().gateway().equals(gateway))
          .forEach(head -> head.gatewayHeard(now));
    }
  }

  /** Sends what is due, and ends what has expired. */
  void step(long nowNanos) {
    for (LaneCommands commands : lanes.values()) {
      for (PendingCommand head : commands.heads()) {
        if (!head.isWriting()) {
          step(commands, head, nowNanos);
        }
      }
    }
  }

  private void step(LaneCommands commands, PendingCommand head, long nowNanos) {
    long now = clock.millis();
    boolean expired = now >= head.expiresMs();
    if (head.command().kind() == CommandKind.FORGET) {
      if (expired) {
        finish(commands, head, CommandOutcome.EXPIRED, "", null);
      } else {
        forget(commands, head);
      }
    } else if (expired && head.isSent()) {
      boolean unanswered =
          now >= head.expiresMs() + GRACE_MS
              && nowNanos - head.firstSentNanos() >= TimeUnit.MILLISECONDS.toNanos(GRACE_MS);
      if (unanswered) {
        finish(
            commands,
            head,
            CommandOutcome.EXPIRED,
            "the gateway has not answered; if it had the command, it may have been done",
            null);
      }
    } else if (head.isDue(nowNanos)) {
      // Also after its expiry, once: a gateway that had it says what became of it.
      send(head, now, nowNanos);
    }
  }

  private void send(PendingCommand head, long now, long nowNanos) {
    CommandRecord command = head.command();
    Optional<FetchRequest> fetch = head.fetchRequest();
    if (fetch.isPresent()) {
      gateways.send(UplinkTopics.Down.FETCH, command.gateway(), DownlinkCodec.encode(fetch.get()));
    } else {
      gateways.send(
          UplinkTopics.Down.COMMAND,
          command.gateway(),
          DownlinkCodec.encode(
              new Command(
                  command.gateway(),
                  command.id(),
                  command.device(),
                  command.kind(),
                  command.answerWanted(),
                  now,
                  head.expiresMs(),
                  command.payload())));
    }
    metrics.sent();
    head.sent(nowNanos);
  }

  private void forget(LaneCommands commands, PendingCommand head) {
    CommandRecord command = head.command();
    OptionalLong silent = gateways.secondsSilent(command.gateway());
    if (!command.force() && silent.isPresent() && silent.getAsLong() < SILENT_SECONDS) {
      finish(
          commands,
          head,
          CommandOutcome.REFUSED,
          "the gateway was heard "
              + silent.getAsLong()
              + " s ago; what it has not settled by its"
              + " own knowledge would come twice",
          null);
      return;
    }
    ResultRecord result =
        new ResultRecord(
            command.id(),
            command.gateway(),
            "",
            command.kind(),
            CommandOutcome.ANSWERED,
            "forgotten",
            null,
            Optional.empty());
    write(commands, head, result, Optional.empty(), true);
  }

  /** What a gateway says of a command. */
  void result(CommandResult result) {
    LaneCommands commands = lanes.get(UplinkTopics.lane(result.gateway()));
    Optional<PendingCommand> found =
        commands == null
            ? Optional.empty()
            : commands
                .find(result.id())
                .filter(pending -> pending.command().gateway().equals(result.gateway()));
    if (commands == null || found.isEmpty()) {
      metrics.ignored("late-result");
      return;
    }
    CommandKind kind = found.get().command().kind();
    if (kind == CommandKind.REFETCH || kind == CommandKind.FORGET) {
      metrics.ignored("not-its-result"); // these are the bridge's own
    } else if (!found.get().isWriting()) {
      finish(commands, found.get(), result.outcome(), result.detail(), result.answer());
    }
  }

  void fetched(Fetched fetched) {
    LaneCommands commands = lanes.get(UplinkTopics.lane(fetched.gateway()));
    Optional<PendingCommand> found =
        commands == null ? Optional.empty() : commands.find(fetched.id());
    if (commands == null || found.isEmpty() || !isAskedFor(found.get(), fetched)) {
      metrics.ignored("not-asked-for");
      return;
    }
    PendingCommand pending = found.get();
    if (!fetched.refusal().isEmpty()) {
      finish(commands, pending, CommandOutcome.REFUSED, fetched.refusal(), null);
      return;
    }
    var before = pending.progress().orElse(new ResultRecord.Progress(0, 0, 0, 0));
    int records = fetched.batch().map(batch -> batch.records().size()).orElse(0);
    long missing =
        fetched
            .batch()
            .map(batch -> batch.gaps().stream().mapToLong(Commands::length).sum())
            .orElse(0L);
    var after =
        new ResultRecord.Progress(
            fetched.next(), fetched.end(), before.records() + records, before.missing() + missing);
    boolean complete = fetched.batch().isEmpty() || after.next() >= after.end();
    ResultRecord result =
        new ResultRecord(
            pending.command().id(),
            pending.command().gateway(),
            "",
            CommandKind.REFETCH,
            complete ? CommandOutcome.ANSWERED : CommandOutcome.PROGRESS,
            "",
            null,
            Optional.of(after));
    metrics.refetched(records);
    write(
        commands,
        pending,
        result,
        fetched.batch().map(batch -> new HubWrite.Refetched(batch, pending.command().id())),
        false);
  }

  private static long length(Gap gap) {
    return gap.nextOffset() - gap.firstOffset();
  }

  /** A forged or late answer must not go under the refetch's name. */
  private static boolean isAskedFor(PendingCommand pending, Fetched fetched) {
    Optional<FetchRequest> request = pending.fetchRequest();
    if (pending.isWriting()
        || !pending.isSent()
        || request.isEmpty()
        || !pending.command().gateway().equals(fetched.gateway())) {
      return false;
    }
    FetchRequest asked = request.get();
    boolean place =
        asked.from().unit() == FetchRequest.Unit.TIME
            || !fetched.refusal().isEmpty()
            || fetched.first() == Math.min(asked.from().value(), fetched.end());
    Optional<Batch> batch = fetched.batch();
    return place
        && (batch.isEmpty()
            || (batch.get().partition().equals(asked.partition())
                && batch.get().epoch() == asked.epoch()
                && !isReserved(asked.partition().stream())));
  }

  private static boolean isReserved(String stream) {
    return stream.startsWith("headwater-") || stream.startsWith("__");
  }

  private void finish(
      LaneCommands commands,
      PendingCommand pending,
      CommandOutcome outcome,
      String detail,
      byte @Nullable [] answer) {
    CommandRecord command = pending.command();
    String cut = detail.length() > LONGEST_DETAIL ? detail.substring(0, LONGEST_DETAIL) : detail;
    boolean keep = answer == null || answer.length <= Command.LARGEST_PAYLOAD;
    write(
        commands,
        pending,
        new ResultRecord(
            command.id(),
            command.gateway(),
            command.device(),
            command.kind(),
            outcome,
            keep ? cut : "the answer is too large to be kept",
            keep ? answer : null,
            pending.progress()),
        Optional.empty(),
        false);
  }

  private void write(
      LaneCommands commands,
      PendingCommand pending,
      ResultRecord result,
      Optional<HubWrite.Refetched> refetched,
      boolean forget) {
    pending.writing(true);
    int lane = UplinkTopics.lane(result.gateway());
    writes.add(
        new HubWrite(
            result.gateway(),
            commands.tenure(),
            refetched,
            forget,
            List.of(
                new ProducerRecord<>(
                    CommandRecord.RESULTS,
                    lane,
                    clock.millis(),
                    result.id().getBytes(StandardCharsets.UTF_8),
                    result.toBytes())),
            new HubWrite.Outcome() {
              @Override
              public void committed() {
                events.execute(() -> written(lane, commands, pending, result));
              }

              @Override
              public void refused(String why) {
                events.execute(() -> notTaken(lane, commands, pending, why));
              }
            }));
  }

  private void written(
      int lane, LaneCommands commands, PendingCommand pending, ResultRecord result) {
    if (lanes.get(lane) != commands) {
      return; // the lane was lost meanwhile
    }
    pending.writing(false);
    if (result.outcome().isFinal()) {
      metrics.done(result.outcome());
      commands.done(pending);
      count();
    } else {
      result.fetched().ifPresent(pending::progressed);
    }
  }

  /** The hub does not take what was fetched. */
  private void notTaken(int lane, LaneCommands commands, PendingCommand pending, String why) {
    if (lanes.get(lane) == commands) {
      pending.writing(false);
      finish(commands, pending, CommandOutcome.REFUSED, "the hub refuses it: " + why, null);
    }
  }
}
