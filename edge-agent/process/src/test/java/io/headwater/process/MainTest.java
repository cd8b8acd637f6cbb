package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Commands beside a process are there whenever a line is not that of its start. */
@Timeout(30)
class MainTest {
  record Nothing(int size) {
    static final Nothing DEFAULTS = new Nothing(1);
  }

  @Command(name = "other")
  static final class Other implements Callable<Integer> {
    @Override
    public Integer call() {
      return 42;
    }
  }

  @Command(name = "headwater demo")
  static final class Demo extends ProcessCommand<Nothing> {
    @Option(names = "--data")
    @SuppressWarnings("UnusedVariable") // picocli sets it
    private String data = "";

    Demo() {
      super("demo", Nothing.DEFAULTS);
    }

    @Override
    protected List<Class<?>> subcommands() {
      return List.of(Other.class);
    }

    @Override
    protected List<Setting> settings() {
      return List.of();
    }

    @Override
    protected RunningProcess start(Nothing config) {
      throw UserError.failure("started");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "other, 42",
    "--data x other, 42",
    "--data=x other, 42",
    "--check other, 42",
    "--data=x --check, 0",
    "--check --set size=2, 0",
    "--data x, 1",
    "--set size=nothing, 2",
    "othr, 2",
    "--check other x, 2"
  })
  void findsWhatALineIsFor(String line, int code) {
    assertThat(Main.execute(new Demo(), line.split(" "))).isEqualTo(code);
  }

  @Test
  void helpTellsOfAllCommands() {
    var out = new StringWriter();

    int code = Main.commandLine(new Demo()).setOut(new PrintWriter(out)).execute("--help");

    assertThat(code).isZero();
    assertThat(out.toString()).contains("--data", "--check", "other");
  }
}
