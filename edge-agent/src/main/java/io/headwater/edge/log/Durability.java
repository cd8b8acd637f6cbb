package io.headwater.edge.log;

/** When a reading counts as taken. What a power cut may cost follows from it. */
public enum Durability {
  /** Once it is committed and forced to disk: a power cut costs nothing that was acknowledged. */
  FSYNC,
  /**
   * Once it is committed. It is forced to disk with the next reading that must be, at the latest
   * after {@link LogSettings#syncInterval}, or what {@link FlashBudget} makes of it: a power cut
   * may cost that much, the process's end nothing.
   */
  INTERVAL,
  /** Once the writer's queue has it: the process's end may cost it, too. */
  MEMORY
}
