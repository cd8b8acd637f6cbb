package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.Exit;

/** Runs Kafka's own command line programs one after another, all in one child JVM. */
final class KafkaTools {
  private static final String END = "=== exit ";
  private static final String SEPARATOR = "\t";

  /**
   * One call of a program.
   *
   * @param main the program's class
   * @param input what it reads; lines end with '|'
   */
  record Call(String main, String input, List<String> arguments) {
    static Call of(String main, String... arguments) {
      return new Call(main, "", List.of(arguments));
    }

    /** As it would be typed. */
    @Override
    public String toString() {
      return main.substring(main.lastIndexOf('.') + 1) + " " + String.join(" ", arguments);
    }

    private String line() {
      return main + SEPARATOR + input + SEPARATOR + String.join(SEPARATOR, arguments);
    }

    private static Call parse(String line) {
      List<String> words = Arrays.asList(line.split(SEPARATOR, -1));
      return new Call(words.get(0), words.get(1), words.subList(2, words.size()));
    }
  }

  /** What a program has printed, and its exit code. */
  record Result(String output, int exitCode) {}

  /** Leaves a program where it would end its process; some catch it and exit once more. */
  private static final class Exited extends Error {
    private static final long serialVersionUID = 1;

    private Exited(int code) {
      super("exit " + code, null, false, false);
    }
  }

  private KafkaTools() {}

  static List<Result> run(Path folder, List<Call> calls) throws IOException {
    Path list =
        Files.write(
            Files.createTempFile(folder, "calls", ".txt"), calls.stream().map(Call::line).toList());
    try (ChildProcess child = Peer.startJava(folder, KafkaTools.class.getName(), list.toString())) {
      assertThat(child.awaitExit(Duration.ofSeconds(150))).as("%s", child.output()).isZero();
      var results = new ArrayList<Result>();
      String rest = child.output();
      for (Call call : calls) {
        var end = Pattern.compile(END + "(\\d+)\n").matcher(rest);
        assertThat(end.find()).as("%s: %s", call, rest).isTrue();
        results.add(new Result(rest.substring(0, end.start()), Integer.parseInt(end.group(1))));
        rest = rest.substring(end.end());
      }
      return results;
    }
  }

  /** The child. */
  public static void main(String[] arguments) throws Exception {
    var codes = new ArrayList<Integer>();
    Exit.setExitProcedure((code, _) -> {
      codes.add(code);
      throw new Exited(code);
    });
    Exit.setShutdownHookAdder((_, _) -> {}); // they would wait for each other
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      codes.clear();
      call(Call.parse(line), codes);
      System.out.println("\n" + END + (codes.isEmpty() ? 0 : codes.getFirst()));
    }
    Runtime.getRuntime().halt(0);
  }

  private static void call(Call call, List<Integer> codes) throws ReflectiveOperationException {
    System.setIn(
        new ByteArrayInputStream(call.input().replace('|', '\n').getBytes(StandardCharsets.UTF_8)));
    try {
      Class.forName(call.main())
          .getMethod("main", String[].class)
          .invoke(null, (Object) call.arguments().toArray(String[]::new));
    } catch (InvocationTargetException e) {
      if (!(e.getCause() instanceof Exited)) {
        e.printStackTrace(System.out);
        codes.add(1); // what a JVM ends with
      }
    }
  }
}
