package io.headwater.bridge.downlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.DownState;
import io.headwater.uplink.DownlinkCodec;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.UplinkTopics;
import io.headwater.uplink.Values;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class ValueSenderTest {
  private final List<Values> sent = new ArrayList<>();
  private final ValueSender sender =
      new ValueSender(
          List.of(new DownMapping("t", "*", "set/{key}")),
          new ValueSender.Receivers() {
            @Override
            public List<String> present() {
              return List.of("g");
            }

            @Override
            public void send(UplinkTopics.Down kind, String gateway, byte[] frame) {
              try {
                sent.add(DownlinkCodec.decodeValues(frame));
              } catch (MalformedUplinkException e) {
                throw new AssertionError(e);
              }
            }
          },
          new DownlinkMetrics(new SimpleMeterRegistry()));

  private void take(String value) {
    sender.take(
        new ConsumerRecord<>(
            "t",
            0,
            0,
            "valve".getBytes(StandardCharsets.UTF_8),
            value.getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> values() {
    return sent.stream()
        .flatMap(values -> values.values().stream())
        .map(value -> new String(value.value(), StandardCharsets.UTF_8))
        .toList();
  }

  /** A valve would be set to all that it ever was. */
  @Test
  void historyIsNotSentOnceItHasBeenRead() {
    take("1");
    sender.step(false);
    take("2");
    sender.step(false);
    sender.step(true);
    assertThat(sent).isEmpty();

    take("3");
    sender.step(true);
    assertThat(values()).containsExactly("3");

    sender.state(new DownState("g", 0, 0));
    sender.step(true);
    assertThat(values()).as("of a gateway that says it has nothing").containsExactly("3", "3");
  }
}
