package io.headwater.edge.log;

import io.headwater.edge.log.LogState.PartitionState;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.StreamPartition;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What goes into one transaction, in the order of offering. Confined to the writer's thread. */
final class WriteGroup {
  private static final Logger LOGGER = LoggerFactory.getLogger(WriteGroup.class);
  private static final int MOST_RETAINED = 10_000;
  private static final long MOST_RETAINED_BYTES = 16 << 20;

  /** What a group changes in memory, as it was before. */
  record Counters(
      long nextSeq,
      long changes,
      StateTables.RetainedSize retained,
      Map<StreamPartition, Long> ends) {}

  /** What a state write found. */
  private record Found(long position, Optional<StoredSession> session) {}

  private final List<Write> writes;
  private final LogState state;
  private final EdgeLogMetrics metrics;
  private final Room room;
  private final Counters before;
  private final List<Append> rows;
  private final List<Found> found = new ArrayList<>();

  /** By their places in the group. */
  private final BitSet refused = new BitSet();

  private final Discards discards = new Discards();
  private boolean written;

  WriteGroup(List<Write> writes, LogState state, EdgeLogMetrics metrics, Room room) {
    this.writes = writes;
    this.state = state;
    this.metrics = metrics;
    this.room = room;
    this.before = new Counters(state.nextSeq(), state.changes(), state.retained(), state.ends());
    this.rows = new ArrayList<>(writes.size());
  }

  Counters before() {
    return before;
  }

  List<Append> rows() {
    return rows;
  }

  /** Readings that were neither written nor given up, for want of room. */
  int refused() {
    return refused.cardinality();
  }

  Discards discards() {
    return discards;
  }

  /** About what the rows take. */
  long bytes() {
    long bytes = 0;
    for (Append row : rows) {
      bytes += row.size();
    }
    return bytes;
  }

  /**
   * Whether its commit must be forced to disk: for a reading that is acknowledged by that, for a
   * change of state that somebody waits for, and for changes alone.
   */
  boolean mustBeForced() {
    boolean hasRows = false;
    for (Write write : writes) {
      switch (write) {
        case Append append when append.durability() == Durability.FSYNC -> {
          return true;
        }
        case Append _ -> hasRows = true;
        case StateWrite changes when changes.awaited() -> {
          return true;
        }
        case StateWrite _ -> {
          // Goes with the rows.
        }
      }
    }
    return !hasRows;
  }

  /** Whether there is something to commit; one that only asks has nothing. */
  boolean hasWritten() {
    return written;
  }

  CommittedRows committed() {
    return new CommittedRows(before.nextSeq(), rows, bytes());
  }

  /** Does not commit. */
  void writeTo(LogFile file) throws SQLException {
    boolean changed = false;
    for (int i = 0; i < writes.size(); i++) {
      switch (writes.get(i)) {
        case Append append when isRefused(file, append) -> refused.set(i);
        case Append append -> {
          insert(file, append);
          changed |= !append.also().isEmpty();
        }
        case StateWrite changes -> {
          change(file, changes);
          changed |= !changes.changes().isEmpty();
        }
      }
    }
    file.flushInserts();
    discards.writeTo(file, state);
    metrics.forgotten(file.ids().forget(state.runningMs()));
    written = changed || !rows.isEmpty() || !discards.isEmpty();
    if (changed) {
      state.setChanges(state.changes() + 1);
      file.writeChanges(state);
    }
  }

  private void change(LogFile file, StateWrite write) throws SQLException {
    Optional<StoredSession> session =
        write.load() == null ? Optional.empty() : file.tables().load(write.load());
    found.add(new Found(state.nextSeq(), session));
    for (StateChange change : write.changes()) {
      file.tables().apply(change, state.nextSeq());
    }
  }

  /** One that comes again needs no room: it is acknowledged as ever. */
  private boolean isRefused(LogFile file, Append append) throws SQLException {
    if (!room.refuses(append)) {
      return false;
    }
    for (StateChange change : append.also()) {
      if (change instanceof StateChange.RememberId(String id, long _)
          && file.ids().isKnown(append.mqttClient(), id, state.runningMs())) {
        return false;
      }
    }
    return true;
  }

  /** Whether the row was written before, by the identifier in it. */
  private boolean isRepeat(LogFile file, Append append) throws SQLException {
    for (StateChange change : append.also()) {
      if (change instanceof StateChange.RememberId(String id, long windowMs)) {
        if (file.ids().remember(append.mqttClient(), id, state.runningMs(), windowMs)) {
          return true;
        }
      }
    }
    return false;
  }

  private void insert(LogFile file, Append append) throws SQLException {
    if (isRepeat(file, append)) {
      metrics.repeated();
      changeWithoutRow(file, append);
      return;
    }
    PartitionState partition = state.partitions().get(append.partition());
    if (partition == null) {
      partition = new PartitionState(state.partitions().size() + 1, state.firstOffset());
      state.partitions().put(append.partition(), partition);
      file.insertPartition(append.partition(), partition);
    }
    Optional<GapReason> discarded = room.discards(append);
    if (discarded.isPresent()) {
      discards.add(append, discarded.get());
      changeWithoutRow(file, append);
      if (isRetained(append) && append.value().length == 0) {
        retain(
            file.tables(), state.nextSeq(), append); // needs no room: the topic has none any more
      }
      return;
    }
    if (!append.whenFull().mayBeDropped()) {
      file.keep(partition.id());
    }
    long seq = state.nextSeq();
    state.setNextSeq(seq + 1);
    file.insert(seq, partition.id(), partition.take(), append);
    rows.add(append);
    for (StateChange change : append.also()) {
      if (change instanceof StateChange.Retain) {
        retain(file.tables(), seq, append);
      } else if (!(change instanceof StateChange.RememberId)) {
        file.tables().apply(change, seq);
      }
    }
  }

  private static boolean isRetained(Append append) {
    for (StateChange change : append.also()) {
      if (change instanceof StateChange.Retain) {
        return true;
      }
    }
    return false;
  }

  private void changeWithoutRow(LogFile file, Append append) throws SQLException {
    for (StateChange change : append.also()) {
      if (!(change instanceof StateChange.Retain || change instanceof StateChange.RememberId)) {
        file.tables().apply(change, state.nextSeq());
      }
    }
  }

  /** Above the bounds a row is only a row, and the topic keeps no message. */
  private void retain(StateTables tables, long seq, Append append) throws SQLException {
    StateTables.RetainedSize size = state.retained();
    long old = tables.retainedBytes(append.mqttTopic());
    long topics = size.topics() - (old < 0 ? 0 : 1);
    long bytes = size.bytes() - Math.max(0, old);
    long needed = (long) append.mqttTopic().length() + append.value().length;
    if (append.value().length == 0) {
      tables.forget(append.mqttTopic());
    } else if (topics < MOST_RETAINED && bytes + needed <= MOST_RETAINED_BYTES) {
      tables.retain(seq, append);
      topics++;
      bytes += needed;
    } else {
      tables.forget(append.mqttTopic());
      metrics.notRetained();
    }
    state.setRetained(new StateTables.RetainedSize(topics, bytes));
  }

  void tell(Append.Outcome outcome) {
    if (outcome != Append.Outcome.COMMITTED) {
      for (Write write : writes) {
        if (isAnswered(write)) {
          metrics.lost();
        }
        tell(write, outcome);
      }
      return;
    }
    int told = 0;
    for (int i = 0; i < writes.size(); i++) {
      switch (writes.get(i)) {
        case Append append ->
            tell(append, refused.get(i) ? Append.Outcome.DISK_FULL : Append.Outcome.COMMITTED);
        case StateWrite changes -> {
          // Found outright, unless the outcome had to be looked up in the file.
          if (told < found.size()) {
            Found each = found.get(told++);
            tell(
                changes,
                new StateWrite.Result(outcome, each.position(), state.nextSeq(), each.session()));
          } else {
            tell(changes, Append.Outcome.FAILED);
          }
        }
      }
    }
  }

  /** Tells that it was not written. */
  static void refuse(Write write) {
    tell(write, Append.Outcome.FAILED);
  }

  /** Of class memory: acknowledged when it was queued. */
  private static boolean isAnswered(Write write) {
    return write instanceof Append append && append.durability() == Durability.MEMORY;
  }

  private static void tell(Write write, Append.Outcome outcome) {
    switch (write) {
      case Append _ when isAnswered(write) -> {}
      case Append append -> tell(() -> append.done().accept(outcome));
      case StateWrite changes ->
          tell(changes, new StateWrite.Result(outcome, 0, 0, Optional.empty()));
    }
  }

  private static void tell(StateWrite write, StateWrite.Result result) {
    tell(() -> write.done().accept(result));
  }

  /** Whoever cannot be told must not keep the others' readings from the disk. */
  private static void tell(Runnable outcome) {
    try {
      outcome.run();
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).log("An outcome could not be told");
    }
  }
}
