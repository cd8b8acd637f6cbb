package io.headwater.bridge.downlink;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.bridge.handover.HubClients;
import io.headwater.bridge.handover.HubWrites;
import io.headwater.bridge.handover.LaneListener;
import io.headwater.bridge.handover.Whereabouts;
import io.headwater.process.Threads;
import io.headwater.uplink.CommandResult;
import io.headwater.uplink.DownState;
import io.headwater.uplink.DownlinkCodec;
import io.headwater.uplink.Fetched;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.UplinkTopics;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread of what goes down; see the package comment. State is confined to it. */
public final class Downlink implements LaneListener, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Downlink.class);
  private static final long MOST_QUEUED_BYTES = 16 << 20;
  private static final int OVERHEAD = 256;
  private static final long RETRY_MILLIS = 500;

  /**
   * What it works on.
   *
   * @param brokers all that the bridge is a client of, now
   * @param whereabouts of gateways, by the hand-over
   */
  public record Parts(
      HubClients clients,
      HubWrites writes,
      Supplier<List<BrokerClient>> brokers,
      Whereabouts whereabouts) {}

  private final Parts parts;
  private final List<DownMapping> mappings;
  private final CommandLimits limits;
  private final DownlinkMetrics metrics;
  private final Gateways gateways;
  private final Commands commands;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final Set<Integer> lanes = new TreeSet<>();
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable String problem;

  private ValueSender values;
  private @Nullable HubFeed feed;

  /** Begins to work. */
  public Downlink(
      Parts parts,
      List<DownMapping> mappings,
      CommandLimits limits,
      MeterRegistry registry,
      Clock clock) {
    this.parts = parts;
    this.mappings = List.copyOf(mappings);
    this.limits = limits;
    metrics = new DownlinkMetrics(registry);
    gateways = new Gateways(parts.brokers(), parts.whereabouts());
    commands = new Commands(parts.writes(), gateways, events::add, metrics, clock);
    values = new ValueSender(this.mappings, gateways, metrics);
    thread = Threads.start("bridge-downlink-0", this::run);
  }

  /** What keeps commands from their gateways now. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  @Override
  public void given(Set<Integer> added) {
    events.add(() -> give(added));
  }

  @Override
  public void taken(Set<Integer> removed) {
    events.add(() -> take(removed));
  }

  /**
   * Looks at what a gateway sends, on the broker client's thread.
   *
   * @return whether it is for the downlink, and for nobody else
   */
  public boolean received(BrokerClient from, UplinkTopics.Inbound topic, byte[] payload) {
    if (topic.kind() == UplinkTopics.Kind.STATUS) {
      return false; // a retained one may be old
    }
    gateways.heard(topic.gateway(), from);
    Optional<DownlinkCodec.Inbound> kind = DownlinkCodec.inbound(payload);
    if (kind.isEmpty()) {
      return false;
    }
    if (queuedBytes.addAndGet(held(payload)) > MOST_QUEUED_BYTES) {
      queuedBytes.addAndGet(-held(payload));
      metrics.ignored("busy");
    } else {
      events.add(() -> {
        queuedBytes.addAndGet(-held(payload));
        understand(kind.get(), topic, payload);
      });
    }
    return true;
  }

  /** What a message takes, also a short one. */
  private static long held(byte[] payload) {
    return OVERHEAD + (long) payload.length;
  }

  private void understand(DownlinkCodec.Inbound kind, UplinkTopics.Inbound topic, byte[] payload) {
    if (!lanes.contains(topic.lane())) {
      return; // somebody else's, who gets it too
    }
    try {
      switch (kind) {
        case RESULT -> {
          CommandResult result = DownlinkCodec.decodeResult(payload);
          checkGateway(result.gateway(), topic);
          commands.result(result);
        }
        case FETCHED -> {
          Fetched fetched = DownlinkCodec.decodeFetched(payload);
          checkGateway(fetched.gateway(), topic);
          commands.fetched(fetched);
        }
        case STATE -> {
          DownState state = DownlinkCodec.decodeState(payload);
          checkGateway(state.gateway(), topic);
          commands.heard(topic.gateway());
          values.state(state);
        }
      }
    } catch (MalformedUplinkException | IllegalArgumentException e) {
      metrics.ignored("malformed");
      LOGGER
          .atWarn()
          .addKeyValue("gateway", topic.gateway())
          .addKeyValue("error", e.getMessage())
          .log("A message of a gateway is not understood");
    }
  }

  private static void checkGateway(String named, UplinkTopics.Inbound topic) {
    if (!named.equals(topic.gateway())) {
      throw new IllegalArgumentException("the frame is of gateway " + named);
    }
  }

  private void run() {
    while (!closing) {
      try (Admin admin = parts.clients().admin("downlink");
          Consumer<byte[], byte[]> consumer = parts.clients().reader("downlink")) {
        values = new ValueSender(mappings, gateways, metrics);
        var opened =
            new HubFeed(
                admin,
                consumer,
                mappings.stream().map(DownMapping::topic).collect(Collectors.toSet()),
                new Dispatch());
        Duration kept = opened.ensureTopics(limits.longestExpiry());
        commands.keep(kept);
        feed = opened;
        parts.writes().renew(lanes);
        give(Set.copyOf(lanes)); // those that were owned before the hub was away
        problem = null;
        while (!closing) {
          opened.poll();
          for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
          }
          commands.step(System.nanoTime());
          values.step(opened.isValuesRead());
        }
      } catch (RuntimeException e) {
        problem = "commands do not go down: " + e.getMessage();
        LOGGER.atWarn().addKeyValue("error", e.toString()).log("The downlink begins anew");
        metrics.ignored("begun-anew");
        pause();
      } finally {
        feed = null;
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void give(Set<Integer> added) {
    lanes.addAll(added);
    added.forEach(lane -> commands.give(lane, parts.writes().tenure(lane)));
    HubFeed open = feed;
    if (open != null && !added.isEmpty()) {
      open.add(added);
    }
  }

  private void take(Set<Integer> removed) {
    lanes.removeAll(removed);
    removed.forEach(commands::take);
    HubFeed open = feed;
    if (open != null) {
      open.remove(removed);
    }
  }

  private final class Dispatch implements HubFeed.Reader {
    @Override
    public void result(int lane, byte[] value) {
      commands.load(lane, value);
    }

    @Override
    public void command(int lane, ConsumerRecord<byte[], byte[]> record) {
      commands.command(lane, record);
    }

    @Override
    public void caughtUp(int lane) {
      commands.caughtUp(lane);
    }

    @Override
    public void value(ConsumerRecord<byte[], byte[]> record) {
      values.take(record);
    }
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(10_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
