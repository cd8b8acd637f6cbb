package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.mqtt.ConnectionCounts.Room;
import io.headwater.process.ByteSize;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ConnectionCountsTest {
  private static final int IN_ALL = 6;
  private static final int PER_ADDRESS = 2;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ConnectionCounts counts = new ConnectionCounts(new MqttMetrics(registry));
  private final MqttSettings settings =
      new MqttSettings(
          IN_ALL,
          new ByteSize(1024),
          10,
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          new MqttLimits(
              PER_ADDRESS,
              Duration.ofSeconds(5),
              new ByteSize(10_000),
              new ByteSize(10_000),
              10,
              10,
              10,
              10,
              10));

  /** A connection that comes from elsewhere. */
  private static final class Remote extends EmbeddedChannel {
    private final InetSocketAddress from;

    Remote(String address) throws UnknownHostException {
      super(false, false);
      from = new InetSocketAddress(InetAddress.getByName(address), 4711);
    }

    @Override
    protected SocketAddress remoteAddress0() {
      return from;
    }
  }

  private Remote open(String address, Room expected) throws Exception {
    var channel = new Remote(address);
    channel.register();
    assertThat(counts.open(channel, settings)).as(address).isEqualTo(expected);
    return channel;
  }

  private double refused(String reason) {
    return registry.counter("edge.mqtt.refused", "reason", reason).count();
  }

  @Test
  void addressHasItsOwnLimit() throws Exception {
    Remote first = open("10.0.0.1", Room.FREE);
    open("10.0.0.1", Room.FREE);
    Remote third = open("10.0.0.1", Room.FULL);
    assertThat(refused("connections-per-address")).isOne();
    open("10.0.0.2", Room.FREE);

    third.close();
    first.close();

    open("10.0.0.1", Room.FREE);
    open("10.0.0.1", Room.FULL);
  }

  @Test
  void thisMachineCountsInAllOnly() throws Exception {
    for (int i = 0; i < IN_ALL; i++) {
      open(i % 2 == 0 ? "127.0.0.1" : "::1", Room.FREE);
    }
    open("127.0.0.1", Room.FULL);
    assertThat(refused("connections")).isOne();
    assertThat(refused("connections-per-address")).isZero();
  }

  @Test
  void farAboveALimitNobodyIsHeard() throws Exception {
    for (int i = 0; i < PER_ADDRESS + ConnectionCounts.TOLD; i++) {
      open("10.0.0.1", i < PER_ADDRESS ? Room.FREE : Room.FULL);
    }
    open("10.0.0.1", Room.NONE);
  }
}
