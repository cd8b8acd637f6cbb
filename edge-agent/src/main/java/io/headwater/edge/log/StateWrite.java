package io.headwater.edge.log;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes of state without a row, on their way to the writer. They take effect between the rows
 * that were offered before and after.
 *
 * @param load client whose session is read before the changes are made; null for none
 * @param awaited whether somebody waits for it: then it is forced to disk
 * @param done told once what became of it, on the writer's thread; quick, does not throw
 */
public record StateWrite(
    List<StateChange> changes, @Nullable String load, boolean awaited, Consumer<Result> done)
    implements Write {
  /** Changes that somebody waits for. */
  public StateWrite(List<StateChange> changes, @Nullable String load, Consumer<Result> done) {
    this(changes, load, true, done);
  }

  /** Changes that nobody waits for. */
  public static StateWrite unawaited(List<StateChange> changes) {
    return new StateWrite(changes, null, false, _ -> {});
  }

  public StateWrite {
    changes = List.copyOf(changes);
  }

  /**
   * @param position the first row behind it has this seq or a higher one
   * @param end the end of the group that it was committed with: rows from there on are committed
   *     later
   * @param session as it was before the changes
   */
  public record Result(
      Append.Outcome outcome, long position, long end, Optional<StoredSession> session) {}

  @Override
  public int size() {
    return 64 + 64 * changes.size();
  }
}
