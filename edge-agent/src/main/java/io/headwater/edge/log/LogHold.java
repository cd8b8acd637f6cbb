package io.headwater.edge.log;

/** A reader of the log that wants rows kept which it has not read yet. Asked by the writer. */
public interface LogHold {
  /** The first row that it still needs; Long.MAX_VALUE if none. */
  long neededSeq();

  /** How large the whole log may grow for its sake; above it, its rows may be deleted. */
  long mostBytes();
}
