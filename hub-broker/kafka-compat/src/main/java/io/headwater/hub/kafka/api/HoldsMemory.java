package io.headwater.hub.kafka.api;

/**
 * What an answer carries that counts against a bound of memory, from when it was read until the
 * socket has taken it or it was given up.
 */
public interface HoldsMemory {
  /** It is no longer held. Once is enough, more do no harm. */
  void letGo();
}
