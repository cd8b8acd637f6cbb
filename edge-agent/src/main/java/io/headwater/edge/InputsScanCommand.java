package io.headwater.edge;

import io.headwater.edge.input.BoardScan;
import io.headwater.edge.input.LinuxMachine;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge inputs scan}. */
@Command(
    name = "scan",
    description =
        "Tells what is there: I2C addresses that answer, SPI chips, 1-Wire devices, GPIO chips.")
final class InputsScanCommand implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    Path root = Path.of("/");
    try (var machine = LinuxMachine.real(root)) {
      BoardScan.print(
          root, (bus, address) -> answers(machine, bus, address), spec.commandLine().getOut());
    }
    return 0;
  }

  private static boolean answers(LinuxMachine machine, int bus, int address) throws IOException {
    try {
      machine.i2c(bus, address, (_, _) -> new byte[0]).read(1);
      return true;
    } catch (SensorFault e) {
      if (e.fault() == Fault.MISSING) {
        throw new IOException(e.text(), e);
      }
      return false;
    } catch (LinkageError e) {
      throw new IOException("the driver is not made for this machine (" + e.getMessage() + ")", e);
    }
  }
}
