package io.headwater.edge.input.sensor;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All types that can be declared, by name. */
public final class SensorTypes {
  private static final Map<String, SensorType> TYPES =
      Stream.of(
              CpuTemperature.TYPE,
              LoadAverage.TYPE,
              Memory.TYPE,
              Disk.TYPE,
              UnderVoltage.TYPE,
              Throttling.TYPE,
              OneWireThermometer.TYPE,
              Bme280.TYPE,
              Sht3x.TYPE,
              Ds3231.TYPE,
              Ads1115.TYPE,
              Mcp3008.TYPE,
              I2cRegister.TYPE,
              DigitalInput.TYPE)
          .collect(Collectors.toUnmodifiableMap(SensorType::name, type -> type));

  private SensorTypes() {}

  public static Optional<SensorType> of(String name) {
    return Optional.ofNullable(TYPES.get(name));
  }

  public static Set<String> names() {
    return TYPES.keySet();
  }
}
