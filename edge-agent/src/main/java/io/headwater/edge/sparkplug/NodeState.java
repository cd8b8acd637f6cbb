package io.headwater.edge.sparkplug;

import io.headwater.edge.sparkplug.MetricTable.BadBirthException;
import io.headwater.edge.sparkplug.MetricTable.Definition;
import io.headwater.edge.sparkplug.SparkplugTopic.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one edge node. Has neither thread nor clock; confined to the intake's thread.
 *
 * <p>Either it is <em>believed</em>: a birth counts, and all sequence numbers since have come. Or
 * it is not, and then nothing counts but a birth, which it is asked for. So an alias is looked up
 * only in the birth that it belongs to. Messages that are ahead of the sequence wait for those
 * before them; after a while the sequence counts as broken.
 *
 * <p>A birth that is older than the one that counts is one that was late, or that of a node whose
 * clock has been set back. Only the second one comes again when it is asked for: it is believed the
 * third time.
 */
final class NodeState {
  static final long NEVER = Long.MAX_VALUE;

  private static final String BD_SEQ = "bdSeq";
  private static final int NUMBERS = 256;
  private static final int RECENT_BIRTHS = 32;
  private static final int SUSPECTS = 3;
  private static final long MOST_AHEAD_BYTES = 1 << 20;
  private static final long LONGEST_DELAY = Duration.ofMinutes(5).toNanos();

  /** Which birth it is; one that comes twice is the same. */
  private record BirthId(long bdSeq, long timestamp, long seq) {}

  private record Message(MessageType type, String device, String from, Payload payload) {}

  private final long reorderNanos;
  private final long rebirthNanos;
  private final int mostMetrics;
  private final Consumer<Refused> refusals;

  private boolean believed;

  /** Whether it was told last that it is there: so it is until its death, believed or not. */
  private boolean toldOnline;

  private String publisher = "";
  private @Nullable BirthId birth;
  private int expected;

  /** Of the messages that counted since the birth, the latest time. */
  private long newest;

  private final Map<String, MetricTable> tables = new HashMap<>();
  private final Set<BirthId> births =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<BirthId, Boolean> eldest) {
              return size() > RECENT_BIRTHS;
            }
          });

  private final Map<Integer, Message> ahead = new HashMap<>();
  private long aheadBytes;
  private long waitsSince = NEVER;

  private @Nullable BirthId suspect;
  private int suspects;
  private boolean askedSinceSuspect;
  private long askAt = NEVER;
  private long askedAt = NEVER;
  private long askDelay;

  /**
   * @param reorder how long a message may be late
   * @param rebirth between two requests for a birth; doubles
   * @param refusals told why a message does not count
   */
  NodeState(Duration reorder, Duration rebirth, int mostMetrics, Consumer<Refused> refusals) {
    this.reorderNanos = reorder.toNanos();
    this.rebirthNanos = rebirth.toNanos();
    this.mostMetrics = mostMetrics;
    this.refusals = refusals;
  }

  boolean isBelieved() {
    return believed;
  }

  /** Whether a birth of it has ever counted. */
  boolean wasBorn() {
    return birth != null;
  }

  /** Whether it has been asked for a birth, or is about to be. */
  boolean isAsked() {
    return askAt != NEVER;
  }

  /**
   * Takes a message.
   *
   * @param from the client that has published it
   * @return what it says, and what those that have waited for it say
   */
  List<NodeEvent> take(SparkplugTopic topic, Payload payload, String from, long now) {
    var events = new ArrayList<NodeEvent>();
    switch (topic.type()) {
      case NBIRTH -> nodeBirth(payload, from, now, events);
      case NDEATH -> nodeDeath(payload, events);
      case NDATA, DBIRTH, DDEATH, DDATA ->
          sequenced(new Message(topic.type(), topic.device(), from, payload), now, events);
      case NCMD, DCMD -> {
        // For nodes, not of them.
      }
    }
    return events;
  }

  /** A client has connected anew: if it is this node, its next word has to be a birth. */
  void connected(String client, long now) {
    if (believed && publisher.equals(client)) {
      disbelieve();
      askAt = now + rebirthNanos; // it is about to come by itself
      askDelay = rebirthNanos;
    }
  }

  /** Whether it is to be asked for a birth now. Looks at first whether messages are missing. */
  boolean poll(long now) {
    if (waitsSince != NEVER && now - waitsSince >= reorderNanos) {
      distrust(Refused.GAP, now);
    }
    if (askAt == NEVER || now - askAt < 0) {
      return false;
    }
    askAt = now + askDelay;
    askedAt = now;
    askDelay = Math.min(LONGEST_DELAY, 2 * askDelay);
    askedSinceSuspect = true;
    return true;
  }

  /** Nanoseconds until {@link #poll} has something to do. */
  long untilNext(long now) {
    long next = askAt == NEVER ? NEVER : Math.max(0, askAt - now);
    return waitsSince == NEVER
        ? next
        : Math.min(next, Math.max(0, waitsSince + reorderNanos - now));
  }

  private void nodeBirth(Payload payload, String from, long now, List<NodeEvent> events) {
    Optional<Long> bdSeq = bdSeq(payload);
    if (bdSeq.isEmpty() || !payload.hasTimestamp() || !hasNumber(payload)) {
      distrust(Refused.BAD_BIRTH, now);
      return;
    }
    var id = new BirthId(bdSeq.get(), payload.getTimestamp(), payload.getSeq());
    if (births.contains(id)) {
      refusals.accept(Refused.DUPLICATE);
      return;
    }
    if (birth != null && id.timestamp() < birth.timestamp() && !isCredible(id)) {
      births.add(id);
      distrust(Refused.OLD, now);
      return;
    }
    MetricTable table;
    try {
      table = MetricTable.of(payload, mostMetrics);
    } catch (BadBirthException _) {
      distrust(Refused.BAD_BIRTH, now);
      return;
    }
    List<Message> waiting = List.copyOf(ahead.values());
    disbelieve();
    births.add(id);
    birth = id;
    suspect = null;
    suspects = 0;
    publisher = from;
    believed = true;
    askAt = NEVER;
    expected = (int) ((payload.getSeq() + 1) % NUMBERS);
    newest = id.timestamp();
    tables.put("", table);
    toldOnline = true;
    events.add(new NodeEvent.Presence("", true, payload.getTimestamp()));
    values("", table, payload, events);
    for (Message each : waiting) { // of this birth, if they were sent after it
      if (each.payload().hasTimestamp() && each.payload().getTimestamp() >= id.timestamp()) {
        sequenced(each, now, events);
      }
    }
  }

  /** Of a birth that is older than the one that counts. */
  private boolean isCredible(BirthId id) {
    BirthId before = suspect;
    boolean goesOn =
        before != null
            && before.bdSeq() == id.bdSeq()
            && id.timestamp() > before.timestamp()
            && askedSinceSuspect;
    suspects = goesOn ? suspects + 1 : 1;
    suspect = id;
    askedSinceSuspect = false;
    return suspects >= SUSPECTS;
  }

  private void nodeDeath(Payload payload, List<NodeEvent> events) {
    Optional<Long> bdSeq = bdSeq(payload);
    if (bdSeq.isEmpty()) {
      refusals.accept(Refused.MALFORMED);
      return;
    }
    if (!believed) {
      askAt = NEVER; // it would not hear; if it is there in another session, it speaks
    }
    if (birth == null || birth.bdSeq() != bdSeq.get()) {
      refusals.accept(Refused.OTHER_SESSION);
      return;
    }
    disbelieve();
    askAt = NEVER;
    if (toldOnline) {
      toldOnline = false;
      long timestamp = payload.hasTimestamp() ? payload.getTimestamp() : birth.timestamp();
      events.add(new NodeEvent.Presence("", false, timestamp));
    }
  }

  private void sequenced(Message message, long now, List<NodeEvent> events) {
    if (!believed) {
      refusals.accept(Refused.NO_BIRTH);
      ask(now);
      return;
    }
    if (!publisher.equals(message.from())) {
      distrust(Refused.CONTRADICTION, now); // two nodes of one name
      return;
    }
    if (!hasNumber(message.payload())) {
      distrust(Refused.MALFORMED, now);
      return;
    }
    if (birth != null
        && message.payload().hasTimestamp()
        && message.payload().getTimestamp() < birth.timestamp()) {
      // Late, and to be forgotten; or the clock was set back: then what is expected never comes.
      refusals.accept(Refused.OLD);
      waitsSince = Math.min(waitsSince, now);
      return;
    }
    int number = (int) message.payload().getSeq();
    int distance = Math.floorMod(number - expected, NUMBERS);
    if (distance == 0) {
      apply(message, now, events);
      drain(now, events);
    } else if (distance < NUMBERS / 2) {
      hold(number, message, now);
    } else if (message.payload().getTimestamp() > newest) {
      distrust(Refused.GAP, now); // newer, with an old number: a birth in between was lost
    } else {
      refusals.accept(Refused.DUPLICATE);
    }
  }

  private void hold(int number, Message message, long now) {
    Message other = ahead.putIfAbsent(number, message);
    if (other != null) {
      if (other.equals(message)) {
        refusals.accept(Refused.DUPLICATE);
      } else {
        distrust(Refused.CONTRADICTION, now); // two sessions at once
      }
      return;
    }
    waitsSince = Math.min(waitsSince, now);
    aheadBytes += message.payload().getSerializedSize();
    if (aheadBytes > MOST_AHEAD_BYTES) {
      distrust(Refused.GAP, now);
    }
  }

  private void drain(long now, List<NodeEvent> events) {
    Message next = ahead.remove(expected);
    while (believed && next != null) {
      aheadBytes -= next.payload().getSerializedSize();
      apply(next, now, events);
      next = ahead.remove(expected);
    }
    waitsSince = ahead.isEmpty() ? NEVER : now;
  }

  private void apply(Message message, long now, List<NodeEvent> events) {
    expected = (expected + 1) % NUMBERS;
    Payload payload = message.payload();
    newest = Math.max(newest, payload.getTimestamp());
    String device = message.device();
    switch (message.type()) {
      case DBIRTH -> {
        MetricTable table;
        try {
          table = MetricTable.of(payload, mostMetrics);
        } catch (BadBirthException _) {
          distrust(Refused.BAD_BIRTH, now);
          return;
        }
        tables.put(device, table);
        events.add(new NodeEvent.Presence(device, true, timestamp(payload)));
        values(device, table, payload, events);
      }
      case DDEATH -> {
        if (tables.remove(device) != null) {
          events.add(new NodeEvent.Presence(device, false, timestamp(payload)));
        }
      }
      case NDATA, DDATA -> {
        MetricTable table = tables.get(device);
        if (table == null) {
          distrust(Refused.NO_BIRTH, now);
        } else if (!values(device, table, payload, events)) {
          distrust(Refused.CONTRADICTION, now);
        }
      }
      case NBIRTH, NDEATH, NCMD, DCMD ->
          throw new IllegalStateException(message.type() + " has no place in the sequence");
    }
  }

  /** All values of a message, or none if one of them is not known. */
  private boolean values(
      String device, MetricTable table, Payload payload, List<NodeEvent> events) {
    var values = new ArrayList<NodeEvent>(payload.getMetricsCount());
    for (Payload.Metric metric : payload.getMetricsList()) {
      Optional<Definition> definition = table.resolve(metric);
      if (definition.isEmpty()) {
        return false;
      }
      values.add(
          new NodeEvent.Value(
              device,
              definition.get(),
              metric,
              metric.hasTimestamp() ? metric.getTimestamp() : timestamp(payload)));
    }
    events.addAll(values);
    return true;
  }

  private long timestamp(Payload payload) {
    if (payload.hasTimestamp()) {
      return payload.getTimestamp();
    }
    return birth == null ? 0 : birth.timestamp();
  }

  private void distrust(Refused reason, long now) {
    refusals.accept(reason);
    disbelieve();
    ask(now);
  }

  private void disbelieve() {
    believed = false;
    tables.clear();
    ahead.clear();
    aheadBytes = 0;
    waitsSince = NEVER;
  }

  private void ask(long now) {
    if (askAt == NEVER) {
      // Two nodes of one name, for example, ask for that again with each message.
      askAt = askedAt == NEVER ? now : Math.max(now, askedAt + rebirthNanos);
      askDelay = rebirthNanos;
    }
  }

  private static boolean hasNumber(Payload payload) {
    return payload.hasSeq() && payload.getSeq() >= 0 && payload.getSeq() < NUMBERS;
  }

  private static Optional<Long> bdSeq(Payload payload) {
    return payload.getMetricsList().stream()
        .filter(metric -> metric.getName().equals(BD_SEQ))
        .map(metric ->
            switch (metric.getValueCase()) {
              case LONG_VALUE -> metric.getLongValue();
              case INT_VALUE -> Integer.toUnsignedLong(metric.getIntValue());
              default -> -1L;
            })
        .filter(number -> number >= 0)
        .findFirst();
  }
}
