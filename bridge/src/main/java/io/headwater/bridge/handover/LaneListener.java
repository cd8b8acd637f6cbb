package io.headwater.bridge.handover;

import java.util.Set;

/**
 * Told which lanes this bridge owns. Called on the hand-over's thread: it must not wait for long.
 */
public interface LaneListener {
  /** Lanes are owned from now on; their cursors are read and their topics are subscribed to. */
  void given(Set<Integer> lanes);

  /** Lanes are not owned any more: given up, or lost without a word. */
  void taken(Set<Integer> lanes);

  /** Somebody had a gateway of an owned lane forgotten: its cursors are gone. */
  default void forgotten(String gateway) {
    // Most know nothing of single gateways.
  }
}
