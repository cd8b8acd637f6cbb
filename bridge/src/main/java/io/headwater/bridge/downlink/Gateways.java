package io.headwater.bridge.downlink;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.bridge.handover.Whereabouts;
import io.headwater.uplink.UplinkTopics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Where gateways are, and when they were heard. Thread-safe. */
final class Gateways implements ValueSender.Receivers {
  /** A gateway that has not told its state for so long is not sent changes. */
  private static final long PRESENT_NANOS = TimeUnit.SECONDS.toNanos(90);

  private static final long KEPT_NANOS = TimeUnit.MINUTES.toNanos(10);

  private record Heard(BrokerClient at, long nanos) {}

  private final Supplier<List<BrokerClient>> brokers;
  private final Whereabouts whereabouts;
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();

  /**
   * @param brokers all that the bridge is a client of
   */
  Gateways(Supplier<List<BrokerClient>> brokers, Whereabouts whereabouts) {
    this.brokers = brokers;
    this.whereabouts = whereabouts;
  }

  void heard(String gateway, BrokerClient at) {
    heard.put(gateway, new Heard(at, System.nanoTime()));
  }

  /** Seconds since it was heard. */
  OptionalLong secondsSilent(String gateway) {
    Heard last = heard.get(gateway);
    return last == null
        ? OptionalLong.empty()
        : OptionalLong.of(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - last.nanos()));
  }

  /** Those that are there now. */
  @Override
  public List<String> present() {
    long now = System.nanoTime();
    heard.values().removeIf(last -> now - last.nanos() > KEPT_NANOS);
    var present = new ArrayList<String>();
    heard.forEach((gateway, last) -> {
      if (now - last.nanos() < PRESENT_NANOS) {
        present.add(gateway);
      }
    });
    return present;
  }

  /** Sends it to where the gateway is; to all brokers if that is not known. */
  @Override
  public void send(UplinkTopics.Down kind, String gateway, byte[] frame) {
    Heard last = heard.get(gateway);
    if (last != null) {
      last.at().down(kind, gateway, frame);
      return;
    }
    whereabouts
        .of(gateway)
        .ifPresentOrElse(
            at -> at.down(kind, gateway, frame),
            () -> brokers.get().forEach(broker -> broker.down(kind, gateway, frame)));
  }
}
