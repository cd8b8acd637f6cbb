package io.headwater.edge.input.sensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DigitalInputTest {
  private final TestMachine machine = new TestMachine(Path.of("/"));

  private Sensor open(String mode, Map<String, String> more) throws SensorFault {
    var keys = new HashMap<String, String>(more);
    keys.put("pin", "17");
    keys.put("mode", mode);
    return TestMachine.settings("digital", keys).open(machine);
  }

  private void pulse(Duration apart) {
    machine.later(apart);
    machine.pin(true);
    machine.later(apart);
    machine.pin(false);
  }

  @Test
  void levelMayBeInverted() throws Exception {
    Sensor plain = open("level", Map.of());
    Sensor inverted = open("level", Map.of("inverted", "true"));

    assertThat(plain.read()).containsExactly(0);
    assertThat(inverted.read()).containsExactly(1);
    machine.pin(true);
    assertThat(plain.read()).containsExactly(1);
    assertThat(inverted.read()).containsExactly(0);
  }

  @Test
  void edgesAreToldAtOnce() throws Exception {
    List<Double> told = new ArrayList<>();
    open("edge", Map.of()).listen(told::add);

    machine.pin(true);
    machine.pin(false);

    assertThat(told).containsExactly(1.0, 0.0);
  }

  @Test
  void counterCountsPulsesAndNotTheirBouncing() throws Exception {
    Sensor counter = open("counter", Map.of("debounce", "5ms"));
    for (int i = 0; i < 3; i++) {
      pulse(Duration.ofMillis(20));
      for (int bounce = 0; bounce < 10; bounce++) {
        pulse(Duration.ofMillis(1));
      }
    }

    assertThat(counter.read()).containsExactly(3);
    assertThat(counter.read()).as("reading takes nothing away").containsExactly(3);
  }

  @Test
  void counterCountsTheEdgesThatAreAskedFor() throws Exception {
    Sensor falling = open("counter", Map.of("edge", "falling"));
    Sensor both = open("counter", Map.of("edge", "both"));
    pulse(Duration.ofMillis(20));
    machine.later(Duration.ofMillis(20));
    machine.pin(true);

    assertThat(falling.read()).containsExactly(1);
    assertThat(both.read()).containsExactly(3);
  }

  @Test
  void frequencyIsThatSinceTheLastRead() throws Exception {
    Sensor frequency = open("frequency", Map.of("debounce", "0"));
    for (int i = 0; i < 50; i++) {
      pulse(Duration.ofMillis(10));
    }
    assertThat(frequency.read()).containsExactly(50);
    machine.later(Duration.ofSeconds(1));
    assertThat(frequency.read()).containsExactly(0);
  }
}
