package io.headwater.edge.input.sensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Conversions, by the values that data sheets give as examples. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ChipsTest {
  private final TestMachine machine = new TestMachine(Path.of("/"));

  private double[] read(String type, Map<String, String> keys) throws SensorFault {
    return TestMachine.settings(type, keys).open(machine).read();
  }

  /** The example in section 3.12 of the data sheet BST-BMP280-DS001, whose formulas it shares. */
  private static final Bme280.Compensation EXAMPLE =
      new Bme280.Compensation(
          new int[] {27504, 26435, -1000},
          new int[] {36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000},
          new int[] {75, 355, 0, 331, 50, 30});

  @Test
  void bme280TemperatureAndPressureAreThoseOfTheDataSheet() {
    double fine = EXAMPLE.fine(519888);

    assertThat(fine).isCloseTo(128422, within(1.0));
    assertThat(Bme280.Compensation.celsius(fine)).isCloseTo(25.08, within(0.005));
    assertThat(EXAMPLE.pascal(415148, fine)).isCloseTo(100653.27, within(0.5));
  }

  /** Section 4.2.3 of BST-BME280-DS001 as it stands there, in 32-bit integers. */
  private static double percentByIntegers(int raw, int fine, int[] h) {
    int v = fine - 76800;
    v =
        ((((raw << 14) - (h[3] << 20) - (h[4] * v)) + 16384) >> 15)
            * (((((((v * h[5]) >> 10) * (((v * h[2]) >> 11) + 32768)) >> 10) + 2097152) * h[1]
                    + 8192)
                >> 14);
    v = v - (((((v >> 15) * (v >> 15)) >> 7) * h[0]) >> 4);
    return (Math.clamp(v, 0, 419430400) >> 12) / 1024.0;
  }

  @Test
  void bme280HumidityIsThatOfTheDataSheetsIntegerFormula() {
    double fine = EXAMPLE.fine(519888);

    for (int raw = 20_000; raw < 45_000; raw += 500) {
      assertThat(EXAMPLE.percent(raw, fine))
          .as("raw %d", raw)
          .isCloseTo(percentByIntegers(raw, (int) fine, EXAMPLE.h()), within(0.05));
    }
  }

  @Test
  void bme280CalibrationIsReadWithItsSigns() {
    var first = new byte[26];
    first[0] = (byte) 0xff;
    first[1] = (byte) 0xff;
    first[2] = (byte) 0xff;
    first[3] = (byte) 0xff;
    first[25] = (byte) 200;
    byte[] second = TestMachine.bytes(0x6b, 0x01, 0xff, 0xf3, 0x2e, 0x03, 0xfe);

    Bme280.Compensation read = Bme280.Compensation.of(first, second);

    assertThat(read.t()).containsExactly(65535, -1, 0);
    assertThat(read.h()).containsExactly(200, 363, 255, (-13 << 4) | 14, (3 << 4) | 2, -2);
  }

  @Test
  void bme280OfAnotherKindOrWithoutAMeasurementIsAFault() {
    machine.register(0xD0, 0x58);
    assertThatThrownBy(() -> read("bme280", Map.of()))
        .hasMessage("the chip is no BME280: its id is 0x58, not 0x60");
    machine.register(0xD0, 0x60).register(0xF7, 0x80, 0, 0, 0x80, 0, 0, 0x80, 0);
    assertThatThrownBy(() -> read("bme280", Map.of())).hasMessageContaining("has not measured");
    machine.register(0xF3, 0x08);
    assertThatThrownBy(() -> read("bme280", Map.of())).hasMessageContaining("does not end");
  }

  @Test
  void sht3xChecksumIsThatOfTheDataSheet() {
    assertThat(Sht3x.crc(TestMachine.bytes(0xBE, 0xEF))).isEqualTo(0x92);
  }

  @Test
  void sht3xConversionsReachFromEndToEnd() {
    assertThat(Sht3x.celsius(0)).isEqualTo(-45);
    assertThat(Sht3x.celsius(65535)).isEqualTo(130);
    assertThat(Sht3x.percent(0)).isZero();
    assertThat(Sht3x.percent(65535)).isEqualTo(100);
  }

  @Test
  void sht3xIsReadBySingleShot() throws Exception {
    machine.answer(0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92);

    double[] values = read("sht3x", Map.of());

    assertThat(values[0]).isCloseTo(85.523, within(0.001));
    assertThat(values[1]).isCloseTo(74.584, within(0.001));
    assertThat(machine.written()).containsExactly(TestMachine.bytes(0x24, 0x00));
    machine.answer(0xBE, 0xEF, 0x92, 0xBE, 0xEE, 0x92);
    assertThatThrownBy(() -> read("sht3x", Map.of())).hasMessageContaining("checksum");
  }

  @Test
  void ds3231TemperatureIsThatOfTheDataSheet() {
    assertThat(Ds3231.celsius((byte) 0b0001_1001, (byte) 0b0100_0000)).isEqualTo(25.25);
    assertThat(Ds3231.celsius((byte) 0b1111_0101, (byte) 0b1100_0000)).isEqualTo(-10.25);
  }

  @Test
  void ds3231TimeIsReadInBothNotations() throws Exception {
    double expected = (double) Instant.parse("2026-11-27T23:59:58Z").getEpochSecond();

    assertThat(Ds3231.seconds(TestMachine.bytes(0x58, 0x59, 0x23, 6, 0x27, 0x11, 0x26)))
        .isEqualTo(expected);
    assertThat(Ds3231.seconds(TestMachine.bytes(0x58, 0x59, 0x71, 6, 0x27, 0x11, 0x26)))
        .isEqualTo(expected);
    assertThatThrownBy(() -> Ds3231.seconds(TestMachine.bytes(0, 0, 0, 0, 0, 0, 0)))
        .isInstanceOf(SensorFault.class);
  }

  @Test
  void ds3231ThatHasStoppedHasNoTime() throws Exception {
    machine.register(0x0F, 0x88).register(0x11, 0x19, 0x40);

    assertThat(read("ds3231", Map.of())).containsExactly(25.25, Double.NaN);
  }

  @Test
  void ads1115CodesAreThoseOfTheDataSheet() {
    for (double scale : new double[] {6.144, 4.096, 2.048, 1.024, 0.512, 0.256}) {
      assertThat(Ads1115.volts((short) 0x7fff, scale)).isEqualTo(scale * 32767 / 32768);
      assertThat(Ads1115.volts((short) 1, scale)).isEqualTo(scale / 32768);
      assertThat(Ads1115.volts((short) 0, scale)).isZero();
      assertThat(Ads1115.volts((short) 0xffff, scale)).isEqualTo(-scale / 32768);
      assertThat(Ads1115.volts((short) 0x8000, scale)).isEqualTo(-scale);
    }
    assertThat(Ads1115.volts((short) 1, 6.144)).as("187.5 µV").isCloseTo(187.5e-6, within(1e-12));
    assertThat(Ads1115.volts((short) 1, 2.048)).as("62.5 µV").isCloseTo(62.5e-6, within(1e-12));
  }

  @Test
  void ads1115IsToldChannelAndRange() throws Exception {
    machine.register(0x01, 0x80).register(0x00, 0x40, 0x00);

    assertThat(read("ads1115", Map.of("channel", "3", "range", "4.096"))).containsExactly(2.048);
    assertThat(machine.written()).containsExactly(TestMachine.bytes(0x01, 0xF3, 0x83));
    machine.written().clear();
    read("ads1115", Map.of("channel", "0-1"));
    assertThat(machine.written())
        .as("what stands there after a reset, data sheet's 8583h")
        .containsExactly(TestMachine.bytes(0x01, 0x85, 0x83));
  }

  @Test
  void mcp3008CommandAndCodeAreThoseOfTheDataSheet() throws Exception {
    assertThat(Mcp3008.command(0)).isEqualTo(TestMachine.bytes(0x01, 0x80, 0x00));
    assertThat(Mcp3008.command(7)).isEqualTo(TestMachine.bytes(0x01, 0xF0, 0x00));
    assertThat(Mcp3008.volts(512, 5)).isEqualTo(2.5);
    assertThat(Mcp3008.volts(1023, 3.3)).isCloseTo(3.2968, within(0.0001));
    machine.answer(0xff, 0xf9, 0x80);
    assertThat(read("mcp3008", Map.of("channel", "1", "reference", "5")))
        .as("0x180 of 1024; bits before the null bit are not defined")
        .containsExactly(1.875);
    machine.answer(0xff, 0xff, 0xff);
    assertThatThrownBy(() -> read("mcp3008", Map.of("channel", "1")))
        .hasMessageContaining("null bit");
  }

  @Test
  void registersOfEveryWidthEndiannessAndSign() throws Exception {
    machine.register(0x10, 0xfe, 0x01, 0x02, 0x83);

    assertThat(register("8", "big", "false")).isEqualTo(0xfe);
    assertThat(register("8", "big", "true")).isEqualTo(-2);
    assertThat(register("16", "big", "false")).isEqualTo(0xfe01);
    assertThat(register("16", "little", "false")).isEqualTo(0x01fe);
    assertThat(register("16", "big", "true")).isEqualTo((short) 0xfe01);
    assertThat(register("24", "little", "true")).isEqualTo(0x0201fe);
    assertThat(register("32", "big", "false")).isEqualTo(0xfe010283L);
    assertThat(register("32", "little", "true")).isEqualTo(0x830201fe);
  }

  private double register(String width, String endianness, String signed) throws SensorFault {
    var keys = new HashMap<String, String>();
    keys.put("address", "0x40");
    keys.put("register", "0x10");
    keys.put("width", width);
    keys.put("endianness", endianness);
    keys.put("signed", signed);
    return read("i2c-register", keys)[0];
  }
}
