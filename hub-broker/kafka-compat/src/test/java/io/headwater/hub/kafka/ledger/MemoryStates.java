package io.headwater.hub.kafka.ledger;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.errors.TimeoutException;

/** States that outlive their clients, in memory. */
public final class MemoryStates implements PartitionStates {
  // Guarded by this.
  private final Map<Key, Versioned> states = new HashMap<>();

  private boolean losesAnswer;

  /** The next write is done, and its writer is not told. */
  synchronized void loseNextAnswer() {
    losesAnswer = true;
  }

  @Override
  public synchronized Optional<Versioned> read(Key key) {
    return Optional.ofNullable(states.get(key));
  }

  @Override
  public synchronized Optional<Versioned> create(Key key, PartitionState state) {
    if (states.containsKey(key)) {
      return Optional.empty();
    }
    states.put(key, new Versioned(state, 0));
    return read(key);
  }

  @Override
  public synchronized Optional<Versioned> write(Key key, PartitionState state, int version) {
    Versioned known = states.get(key);
    if (known == null || known.version() != version) {
      return Optional.empty();
    }
    states.put(key, new Versioned(state, version + 1));
    if (losesAnswer) {
      losesAnswer = false;
      throw new TimeoutException("the answer is lost");
    }
    return read(key);
  }

  @Override
  public synchronized boolean delete(Key key, int version) {
    Versioned known = states.get(key);
    if (known != null && known.version() != version) {
      return false;
    }
    states.remove(key);
    return true;
  }

  @Override
  public synchronized List<Key> list() {
    return List.copyOf(states.keySet());
  }

  @Override
  public void close() {
    // The states stay.
  }
}
