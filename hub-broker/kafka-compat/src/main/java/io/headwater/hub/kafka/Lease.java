package io.headwater.hub.kafka;

/**
 * Whether a broker may take itself for the leader of what it was given. One that was cut off or
 * stood still may have been followed by another, and would answer with what is no longer so: its
 * appends are fenced, its memory is not. Without a lease it answers nothing, and closes the
 * connection, so that clients ask another broker.
 */
@FunctionalInterface
public interface Lease {
  /** Nobody else can lead. */
  Lease UNLIMITED = () -> true;

  /** By any thread; does not wait. */
  boolean holds();
}
