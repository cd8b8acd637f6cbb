package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.input.BoardScan;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InputsCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();

  private int run(String... args) {
    return new CommandLine(new InputsCommand()).setOut(new PrintWriter(out)).execute(args);
  }

  private String config(String inputs) throws IOException {
    return Files.writeString(folder.resolve("edge.yaml"), "inputs:\n" + inputs).toString();
  }

  @Test
  void listsWhatIsDeclared() throws IOException {
    String file =
        config(
            """
              - {name: door, type: digital, pin: 17, topic: house/door, interval: 2s}
              - {name: roof, type: bme820, topic: house/roof}
            """);

    assertThat(run("list", "--config", file)).isEqualTo(1);
    assertThat(out.toString())
        .containsPattern("door +digital +gpio +2s +house/door")
        .contains("wrong: " + file + " line 3: input 'roof': unknown type 'bme820'");
  }

  @Test
  void readsOnceAndNamesFaults() throws IOException {
    String file =
        config(
            """
              - {name: adc, type: ads1115, topic: house/adc, simulated: true}
              - {name: cellar, type: w1-temperature, id: 28-0316a2795dff, topic: house/cellar}
            """);

    assertThat(run("read", "--config", file, "adc")).isZero();
    assertThat(out.toString()).containsPattern("adc +value +1.024 V \\(simulated\\)");
    assertThat(run("read", "--config", file)).isEqualTo(1);
    assertThat(out.toString())
        .contains("fault: 1-Wire device 28-0316a2795dff does not answer (" + file + " line 3)");
  }

  @Test
  void whatIsNamedIsJudgedAlone() throws IOException {
    String file =
        config(
            """
              - {name: adc, type: ads1115, topic: house/adc, simulated: true}
              - {name: roof, type: bme820, topic: house/roof}
            """);

    assertThat(run("read", "--config", file, "adc")).isZero();
    assertThat(out.toString()).doesNotContain("roof");
    assertThat(run("read", "--config", file, "roof")).isEqualTo(1);
    assertThat(out.toString()).contains("line 3: input 'roof': unknown type 'bme820'");
  }

  @Test
  void scansBuses() throws IOException {
    for (String file :
        new String[] {
          "dev/i2c-1",
          "dev/i2c-7",
          "dev/spidev0.0",
          "dev/gpiochip0",
          "dev/null",
          "sys/bus/w1/devices/28-0316a2795dff",
          "sys/bus/w1/devices/w1_bus_master1"
        }) {
      Files.createDirectories(folder.resolve(file).getParent());
      Files.createFile(folder.resolve(file));
    }

    BoardScan.print(
        folder,
        (bus, address) -> {
          if (bus == 7) {
            throw new IOException("not allowed");
          }
          return address == 0x76 || address == 0x68;
        },
        new PrintWriter(out));

    assertThat(out.toString().lines())
        .containsExactly(
            "I2C     i2c-1: 0x68, 0x76",
            "I2C     i2c-7: cannot be used: not allowed",
            "SPI     spidev0.0",
            "1-Wire  28-0316a2795dff",
            "GPIO    gpiochip0");
  }
}
