package io.headwater.edge.mqtt;

import io.headwater.edge.mqtt.AckQueue.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The packet identifiers of a client's QoS 2 publishes, from the publish to the end of its PUBREL.
 * What comes again under one of them is no second message. Confined to the event loop.
 */
final class InboundIds {
  /** How far an identifier is. */
  enum State {
    /** Its message is on the way into the log. */
    PENDING,
    /** Its message is in the log. */
    OPEN,
    /** PUBREL has come; that is on the way to disk. */
    RELEASING
  }

  private static final class Id {
    private State state;
    private final List<Slot> repeats = new ArrayList<>();

    Id(State state) {
      this.state = state;
    }
  }

  private final Map<Integer, Id> ids = new HashMap<>();

  int size() {
    return ids.size();
  }

  /** Null if the identifier is free. */
  @Nullable State state(int packetId) {
    Id id = ids.get(packetId);
    return id == null ? null : id.state;
  }

  void put(int packetId, State state) {
    Id id = ids.get(packetId);
    if (id == null) {
      ids.put(packetId, new Id(state));
    } else {
      id.state = state;
    }
  }

  void remove(int packetId) {
    ids.remove(packetId);
  }

  /** The message came again before its outcome was known: it gets the same answer. */
  void repeated(int packetId, Slot slot) {
    Id id = ids.get(packetId);
    if (id != null) {
      id.repeats.add(slot);
    }
  }

  /** Takes those who wait for the same answer. */
  List<Slot> takeRepeats(int packetId) {
    Id id = ids.get(packetId);
    if (id == null || id.repeats.isEmpty()) {
      return List.of();
    }
    var repeats = List.copyOf(id.repeats);
    id.repeats.clear();
    return repeats;
  }
}
