package io.headwater.edge.input.board;

import com.pi4j.Pi4J;
import com.pi4j.context.Context;
import com.pi4j.exception.Pi4JException;
import com.pi4j.io.pwm.Pwm;
import com.pi4j.io.pwm.PwmProvider;
import com.pi4j.io.pwm.PwmType;
import com.pi4j.plugin.linuxfs.provider.pwm.LinuxFsPwmProvider;
import com.pi4j.plugin.mock.provider.pwm.MockPwmProvider;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * PWM by the kernel's drivers, or simulated. Pi4J's provider is made for one chip, and a context
 * takes one provider of a name: so each chip has a context of its own. Guarded by the board.
 */
final class PwmChips implements AutoCloseable {
  private record Chip(Context context, PwmProvider provider) {}

  private final boolean isSimulated;
  private final Map<Integer, Chip> chips = new HashMap<>();

  PwmChips(boolean isSimulated) {
    this.isSimulated = isSimulated;
  }

  Drive open(int chip, int channel, int hertz, int initial) throws SensorFault {
    Chip opened = chips.computeIfAbsent(chip, this::chip);
    try {
      Pwm pwm =
          opened
              .provider()
              .create(
                  Pwm.newConfigBuilder(opened.context())
                      .id(Pi4jBoard.pwmId(chip, channel))
                      .address(channel)
                      .pwmType(PwmType.HARDWARE)
                      .frequency(hertz)
                      .dutyCycle(initial)
                      .initial(initial)
                      .shutdown(initial)
                      .build());
      return new DevicePwm(pwm, opened.context());
    } catch (Pi4JException | IllegalStateException e) {
      throw new SensorFault(
          Fault.MISSING,
          "channel " + channel + " of PWM chip " + chip + " cannot be opened: " + e.getMessage(),
          e);
    }
  }

  private Chip chip(int number) {
    PwmProvider provider =
        isSimulated ? MockPwmProvider.newInstance() : LinuxFsPwmProvider.newInstance(number);
    return new Chip(
        Pi4J.newContextBuilder().noAutoDetect().disableShutdownHook().add(provider).build(),
        provider);
  }

  Optional<Context> context(int chip) {
    @Nullable Chip opened = chips.get(chip);
    return Optional.ofNullable(opened).map(Chip::context);
  }

  @Override
  public void close() {
    chips.values().forEach(each -> each.context().shutdown());
    chips.clear();
  }
}
