package io.headwater.edge.input;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What there is on the board to declare inputs for. */
public final class BoardScan {
  private static final Pattern I2C = Pattern.compile("i2c-(\\d{1,3})");
  private static final Pattern SPI = Pattern.compile("spidev\\d+\\.\\d+");
  private static final Pattern GPIO = Pattern.compile("gpiochip\\d+");
  private static final Pattern ONE_WIRE = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{12}");

  /** Addresses beside these are reserved (I2C-bus specification, section 3.1.12). */
  private static final int FIRST_ADDRESS = 0x08;

  private static final int LAST_ADDRESS = 0x77;

  /** Asks an I2C address for a byte. */
  @FunctionalInterface
  public interface Probe {
    /**
     * Whether something answers.
     *
     * @throws IOException if the bus cannot be used at all
     */
    boolean answers(int bus, int address) throws IOException;
  }

  private BoardScan() {}

  /**
   * Prints what is found.
   *
   * @param root of the file system
   */
  public static void print(Path root, Probe probe, PrintWriter out) {
    List<String> buses = names(root.resolve("dev"), I2C);
    if (buses.isEmpty()) {
      out.println("I2C     no bus (there is no /dev/i2c-*)");
    }
    buses.forEach(bus -> out.println("I2C     " + bus + ": " + addresses(bus, probe)));
    print("SPI", names(root.resolve("dev"), SPI), "no chip (there is no /dev/spidev*)", out);
    print(
        "1-Wire",
        names(root.resolve("sys/bus/w1/devices"), ONE_WIRE),
        "no device in /sys/bus/w1/devices",
        out);
    print("GPIO", names(root.resolve("dev"), GPIO), "no chip (there is no /dev/gpiochip*)", out);
    out.flush();
  }

  private static void print(String what, List<String> found, String none, PrintWriter out) {
    out.printf("%-7s %s%n", what, found.isEmpty() ? none : String.join(", ", found));
  }

  private static String addresses(String bus, Probe probe) {
    int number = Integer.parseInt(bus.substring(bus.indexOf('-') + 1));
    var found = new ArrayList<String>();
    try {
      for (int address = FIRST_ADDRESS; address <= LAST_ADDRESS; address++) {
        if (probe.answers(number, address)) {
          found.add("0x%02x".formatted(address));
        }
      }
    } catch (IOException e) {
      return "cannot be used: " + e.getMessage();
    }
    return found.isEmpty() ? "no address answers" : String.join(", ", found);
  }

  private static List<String> names(Path folder, Pattern pattern) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(pattern.asMatchPredicate())
          .sorted()
          .toList();
    } catch (IOException _) {
      return List.of();
    }
  }
}
