package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange.SharedProgress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SharedGroup} has dealt and nobody has finished, and what the disk does not have of
 * it yet. Each write has all of it at one moment. Confined to the group's loop.
 */
final class SharedState {
  private final String filter;
  private final SessionStore store;
  private final LoopTasks tasks;
  private final Set<Long> open = new TreeSet<>();
  private final Set<Long> onDisk = new HashSet<>(); // or being written
  private Set<Long> put = new TreeSet<>();
  private Set<Long> finished = new HashSet<>();
  private @Nullable SharedProgress writing;
  private long nextOnDisk;

  /**
   * @param open as it is on disk
   * @param next as it is on disk
   */
  SharedState(String filter, SessionStore store, LoopTasks tasks, List<Long> open, long next) {
    this.filter = filter;
    this.store = store;
    this.tasks = tasks;
    this.open.addAll(open);
    this.onDisk.addAll(open);
    this.nextOnDisk = next;
  }

  /** A row is dealt, and is to be dealt again should its member be gone. */
  void opened(long seq) {
    if (open.add(seq)) {
      put.add(seq);
      finished.remove(seq);
    }
  }

  /** Nobody gets the row any more. */
  void finished(long seq) {
    open.remove(seq);
    put.remove(seq);
    if (onDisk.contains(seq)) {
      finished.add(seq);
    }
  }

  /** The row is on disk, and is going to be the member's own there. */
  void handedOver(long seq) {
    open.remove(seq);
  }

  /** From now on it is on disk. */
  void recordAll() {
    put.addAll(open);
    nextOnDisk = -1;
  }

  boolean isWriting() {
    return writing != null;
  }

  boolean isDirty(long next) {
    return !put.isEmpty() || !finished.isEmpty() || next != nextOnDisk;
  }

  /** Forgets what there would be to write: nothing of the group is on disk. */
  void forget() {
    put.clear();
    finished.clear();
    onDisk.clear();
  }

  /** Writes it all; not while that is going on. */
  void write(long next, Runnable committed, Runnable failed) {
    var progress = new SharedProgress(filter, next, List.copyOf(put), List.copyOf(finished));
    onDisk.addAll(put);
    put = new TreeSet<>();
    finished = new HashSet<>();
    writing = progress;
    store.write(
        List.of(progress),
        null,
        tasks,
        result -> {
          writing = null;
          if (result.outcome() == Append.Outcome.COMMITTED) {
            nextOnDisk = progress.next();
            progress.finished().stream().filter(seq -> !put.contains(seq)).forEach(onDisk::remove);
            committed.run();
          } else {
            retake(progress);
            failed.run();
          }
        });
  }

  /** It is still to be written, but for what has changed meanwhile. */
  private void retake(SharedProgress progress) {
    progress.put().stream().filter(open::contains).forEach(put::add);
    progress.finished().stream().filter(seq -> !open.contains(seq)).forEach(finished::add);
  }
}
