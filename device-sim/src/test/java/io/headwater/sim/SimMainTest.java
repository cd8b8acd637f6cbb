package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.AnnotatedElement;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

@Timeout(30)
class SimMainTest {
  @ParameterizedTest
  @ValueSource(strings = {"sim", "sim run", "sim judge", "sim show", "demo"})
  void aHelpNamesTheCommandAsItIsTyped(String command) {
    var out = new StringWriter();
    var line = new CommandLine(new SimMain()).setOut(new PrintWriter(out));

    assertThat(line.execute((command + " --help").split(" "))).isZero();

    assertThat(out.toString()).startsWith("Usage: headwater " + command + " ");
  }

  @ParameterizedTest
  @CsvSource({
    "sim run --nope, headwater sim run",
    "sim, headwater sim",
    "demo --nope, headwater demo"
  })
  void aHintNamesTheCommandAsItIsTyped(String typed, String named) {
    var err = new StringWriter();
    var line = new CommandLine(new SimMain()).setErr(new PrintWriter(err));

    assertThat(line.execute(typed.split(" "))).isEqualTo(2);

    assertThat(err.toString()).contains("Usage: " + named + " ");
  }

  @Test
  void descriptionsAreFormatsThatPicocliCanPrint() {
    var commands = new CommandLine(new SimMain());

    assertThat(descriptions(commands))
        .anyMatch(description -> description.contains("0%%"))
        .allSatisfy(description -> assertThat(description.formatted()).isNotBlank());
  }

  /** As they are written: a specification tells them with their formats applied. */
  private static Stream<String> descriptions(CommandLine command) {
    return Stream.concat(
        command.getCommandSpec().options().stream()
            .map(OptionSpec::userObject)
            .filter(AnnotatedElement.class::isInstance)
            .map(field -> ((AnnotatedElement) field).getAnnotation(CommandLine.Option.class))
            .filter(Objects::nonNull)
            .flatMap(option -> Stream.of(option.description())),
        command.getSubcommands().values().stream().flatMap(SimMainTest::descriptions));
  }
}
