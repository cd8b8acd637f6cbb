package io.headwater.bridge.downlink;

import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.ResultRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The commands of one lane that have no result, in the order in which they were given: of each
 * device the first is under way. Pure: no network, no time. Confined to the downlink's thread.
 */
final class LaneCommands {
  /** What goes one after the other: a device's commands; a gateway's refetches; what it forgets. */
  private record QueueKey(String gateway, CommandKind kind, String device) {
    static QueueKey of(CommandRecord command) {
      return switch (command.kind()) {
        case MESSAGE, PING, STATUS ->
            new QueueKey(command.gateway(), CommandKind.MESSAGE, command.device());
        case REFETCH, FORGET -> new QueueKey(command.gateway(), command.kind(), "");
      };
    }
  }

  private final long tenure;
  private final Map<QueueKey, Deque<PendingCommand>> queues = new LinkedHashMap<>();
  private final Map<String, PendingCommand> byId = new HashMap<>();

  // Of results that were there before; forgotten when all commands of that time are read.
  private final Set<String> finished = new HashSet<>();
  private final Map<String, ResultRecord.Progress> progress = new HashMap<>();

  LaneCommands(long tenure) {
    this.tenure = tenure;
  }

  long tenure() {
    return tenure;
  }

  /** A result that was written before; in the order of writing. */
  void load(ResultRecord result) {
    if (result.outcome().isFinal()) {
      finished.add(result.id());
      progress.remove(result.id());
    } else {
      result.fetched().ifPresent(far -> progress.put(result.id(), far));
    }
  }

  /** All commands that may have one of the loaded results are there. */
  void caughtUp() {
    finished.clear();
    progress.clear();
  }

  /**
   * A command as read.
   *
   * @return whether it is pending now: not if it has a result, or is there already
   */
  boolean add(CommandRecord command, long expiresMs) {
    if (finished.contains(command.id()) || byId.containsKey(command.id())) {
      return false;
    }
    var pending = new PendingCommand(command, expiresMs, progress.get(command.id()));
    byId.put(command.id(), pending);
    queues.computeIfAbsent(QueueKey.of(command), _ -> new ArrayDeque<>()).add(pending);
    return true;
  }

  /** What is under way, or should be. */
  List<PendingCommand> heads() {
    var heads = new ArrayList<PendingCommand>(queues.size());
    queues.values().forEach(queue -> heads.add(queue.getFirst()));
    return heads;
  }

  Optional<PendingCommand> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** Its result is in the hub. */
  void done(PendingCommand pending) {
    byId.remove(pending.command().id());
    QueueKey key = QueueKey.of(pending.command());
    Deque<PendingCommand> queue = queues.get(key);
    if (queue != null) {
      queue.remove(pending);
      if (queue.isEmpty()) {
        queues.remove(key);
      }
    }
  }

  int size() {
    return byId.size();
  }
}
