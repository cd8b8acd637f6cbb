package io.headwater.edge.input.sensor;

import io.headwater.process.YamlFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.nodes.Node;

/**
 * A machine of files below a folder, chips whose answers a test has written down, pins that it
 * drives, and time that it moves.
 */
final class TestMachine implements Machine {
  private final Path root;
  private final Map<Integer, byte[]> registers = new HashMap<>();
  private final List<byte[]> written = new ArrayList<>();
  private final List<Pin.Listener> listeners = new ArrayList<>();
  private byte[] answer = {};
  private boolean isHigh;
  private long nanos;

  TestMachine(Path root) {
    this.root = root;
  }

  /** The settings of an input with these keys. */
  static SensorSettings settings(String type, Map<String, String> keys) {
    String yaml =
        keys.entrySet().stream()
            .map(each -> each.getKey() + ": " + each.getValue())
            .collect(Collectors.joining(", ", "{", "}"));
    YamlFile file = YamlFile.of("edge.yaml", yaml);
    Node node = file.root("").orElseThrow();
    SensorType found = SensorTypes.of(type).orElseThrow();
    SensorSettings settings =
        found
            .read()
            .apply(new SensorKeys(file, node, file.section(node, "the input", found.keys())));
    file.requireNoProblem();
    return settings;
  }

  @Override
  public Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** What is read from this register on. */
  TestMachine register(int register, int... bytes) {
    registers.put(register, bytes(bytes));
    return this;
  }

  /** What is read without a register, and by SPI. */
  TestMachine answer(int... bytes) {
    answer = bytes(bytes);
    return this;
  }

  List<byte[]> written() {
    return written;
  }

  static byte[] bytes(int... numbers) {
    var bytes = new byte[numbers.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) numbers[i];
    }
    return bytes;
  }

  void pin(boolean high) {
    isHigh = high;
    listeners.forEach(each -> each.changed(high));
  }

  void later(Duration duration) {
    nanos += duration.toNanos();
  }

  @Override
  public I2cPort i2c(int bus, int address, SimulatedChip simulation) {
    return new I2cPort() {
      @Override
      public void write(byte... bytes) {
        written.add(bytes);
      }

      @Override
      public byte[] read(int length) {
        return Arrays.copyOf(answer, length);
      }

      @Override
      public byte[] readRegister(int register, int length) {
        return Arrays.copyOf(registers.getOrDefault(register, new byte[0]), length);
      }
    };
  }

  @Override
  public SpiPort spi(int bus, int chipSelect, int hertz, SimulatedChip simulation) {
    return out -> {
      written.add(out);
      return answer;
    };
  }

  @Override
  public Pin pin(PinSettings settings) {
    return new Pin() {
      @Override
      public boolean isHigh() {
        return isHigh;
      }

      @Override
      public void listen(Listener listener) {
        listeners.add(listener);
      }

      @Override
      public void close() {
        listeners.clear();
      }
    };
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void pause(Duration duration) {}
}
