package io.headwater.edge.log;

/** What the writer's queue holds. */
sealed interface Write permits Append, StateWrite {
  /** About how many bytes it takes in memory and on disk. */
  int size();
}
