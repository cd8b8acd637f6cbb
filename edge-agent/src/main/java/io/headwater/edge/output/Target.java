package io.headwater.edge.output;

import io.headwater.edge.input.board.Drive;
import io.headwater.edge.input.board.Pi4jBoard;
import io.headwater.edge.input.sensor.SensorFault;
import java.util.Locale;

/** What an output drives. */
sealed interface Target {
  /** The value of {@code type}. */
  String type();

  /** What is on one bus is set by one thread, in turn. */
  String bus();

  /** The file without which it is not there. */
  String deviceFile();

  /** The largest value; the smallest is 0. */
  int most();

  /** In readings; empty for none. */
  String unit();

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  int parse(String text);

  /**
   * Opens it.
   *
   * @param initial what it is at once
   */
  Drive open(Pi4jBoard board, int initial) throws SensorFault;

  /**
   * A pin.
   *
   * @param number the line's offset at its chip: BCM numbers on a Raspberry Pi
   */
  record DigitalPin(int number) implements Target {
    @Override
    public String type() {
      return "digital";
    }

    @Override
    public String bus() {
      return "gpio";
    }

    @Override
    public String deviceFile() {
      return "/dev/gpiochip0";
    }

    @Override
    public int most() {
      return 1;
    }

    @Override
    public String unit() {
      return "";
    }

    @Override
    public int parse(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "on", "true", "1" -> 1;
        case "off", "false", "0" -> 0;
        default ->
            throw new IllegalArgumentException(
                "'" + text + "' is not on, off, 1, 0, true or false");
      };
    }

    @Override
    public Drive open(Pi4jBoard board, int initial) throws SensorFault {
      return board.level(number, initial);
    }
  }

  /**
   * A channel of a PWM chip, as the kernel counts both.
   *
   * @param hertz its frequency
   */
  record PwmChannel(int chip, int channel, int hertz) implements Target {
    @Override
    public String type() {
      return "pwm";
    }

    @Override
    public String bus() {
      return "pwm-" + chip;
    }

    @Override
    public String deviceFile() {
      return "/sys/class/pwm/pwmchip" + chip;
    }

    @Override
    public int most() {
      return 100;
    }

    @Override
    public String unit() {
      return "%";
    }

    @Override
    public int parse(String text) {
      double percent;
      try {
        percent = Double.parseDouble(text);
      } catch (NumberFormatException _) {
        throw new IllegalArgumentException("'" + text + "' is not a number from 0 to 100");
      }
      if (!(percent >= 0 && percent <= most())) {
        throw new IllegalArgumentException(text + " is not between 0 and " + most());
      }
      return (int) Math.rint(percent);
    }

    @Override
    public Drive open(Pi4jBoard board, int initial) throws SensorFault {
      return board.pwm(chip, channel, hertz, initial);
    }
  }
}
