package io.headwater.analytics;

import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.expression.Expression;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is computed of windows.
 *
 * @param aggregates what is told of each; not empty
 * @param having results for which it does not hold are not told
 * @param late what becomes of readings that come too late
 * @param merged the windows of another query are merged, instead of readings taken in
 */
record Windows(
    Window window,
    List<Aggregate> aggregates,
    Optional<Expression> having,
    Emit emit,
    Late late,
    Optional<Merged> merged) {

  /** When a window's result is written. */
  sealed interface Emit {
    /** At every commit in which the window changed. */
    record Updates() implements Emit {}

    /**
     * Once, when the window is closed: by stream time, or by the clock on a quiet partition.
     *
     * @param idle how long nothing has come when a partition is quiet, and how long after its end
     *     and grace the clock closes a window there
     */
    record Final(Duration idle) implements Emit {}
  }

  /**
   * Windows come from another query.
   *
   * @param query its name
   * @param layout of its windows, which has all that this query's has
   */
  record Merged(String query, Layout layout) {}

  Windows {
    aggregates = List.copyOf(aggregates);
  }

  /** How a final window that has been told is told again; empty if it is not. */
  Optional<Late.Recompute> amending() {
    return emit instanceof Emit.Final && late instanceof Late.Recompute recompute
        ? Optional.of(recompute)
        : Optional.empty();
  }

  /** Where late readings go, if they go somewhere. */
  Optional<String> lateTopic() {
    return late instanceof Late.Side(String topic) ? Optional.of(topic) : Optional.empty();
  }

  /** The windows as they are stored, which take readings for as long as they are kept. */
  Window kept() {
    return amending()
        .map(Late.Recompute::keep)
        .filter(keep -> keep.compareTo(window.grace()) > 0)
        .map(window::withGrace)
        .orElse(window);
  }

  /** The same, told at every change, of windows that take readings for so long after their end. */
  Windows openFor(Duration grace) {
    return new Windows(
        window.withGrace(grace), aggregates, having, new Emit.Updates(), late, merged);
  }

  /** Whether windows of the other ones can be taken over. */
  boolean fitStateOf(Windows other) {
    return kept().equals(other.kept())
        && window.equals(other.window)
        && emit.equals(other.emit)
        && layout().equals(other.layout())
        && layout().fields().equals(other.layout().fields())
        && merged.map(Merged::query).equals(other.merged.map(Merged::query));
  }

  Layout layout() {
    return Layout.of(aggregates);
  }
}
