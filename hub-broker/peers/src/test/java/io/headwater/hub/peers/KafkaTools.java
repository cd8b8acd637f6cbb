package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
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
import org.jspecify.annotations.Nullable;

/** Runs Kafka's own command line programs one after another, all in one child JVM. */
final class KafkaTools {
  private static final String END = "=== exit ";
  private static final String SEPARATOR = "\u001f";
  private static final String TEXT_SEPARATOR = "\u001e";
  private static final String SOON = "soon:";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * One call of a program.
   *
   * @param main the program's class
   * @param input what it reads; lines end with '|'
   * @param soon it is called again until it ends well and prints all of these; null if the first
   *     call counts
   */
  record Call(String main, String input, List<String> arguments, @Nullable List<String> soon) {
    static Call of(String main, String... arguments) {
      return new Call(main, "", List.of(arguments), null);
    }

    /** As it would be typed. */
    @Override
    public String toString() {
      return main.substring(main.lastIndexOf('.') + 1) + " " + String.join(" ", arguments);
    }

    private String line() {
      return String.join(
          SEPARATOR,
          main,
          input,
          soon == null ? "" : SOON + String.join(TEXT_SEPARATOR, soon),
          String.join(SEPARATOR, arguments));
    }

    private static Call parse(String line) {
      List<String> words = Arrays.asList(line.split(SEPARATOR, -1));
      List<String> soon =
          words.get(2).isEmpty()
              ? null
              : List.of(words.get(2).substring(SOON.length()).split(TEXT_SEPARATOR, -1));
      return new Call(words.get(0), words.get(1), words.subList(3, words.size()), soon);
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
      Call call = Call.parse(line);
      codes.clear();
      if (call.soon() == null) {
        call(call, codes);
      } else {
        callUntil(call, call.soon(), codes);
      }
      System.out.println("\n" + END + exitCode(codes));
    }
    Runtime.getRuntime().halt(0);
  }

  /** A program that returns has exited with 0, and so have some that say so. */
  private static int exitCode(List<Integer> codes) {
    return codes.isEmpty() ? 0 : codes.getFirst();
  }

  private static void callUntil(Call call, List<String> texts, List<Integer> codes)
      throws ReflectiveOperationException {
    PrintStream out = System.out;
    long end = System.nanoTime() + PATIENCE.toNanos();
    String printed;
    do {
      codes.clear();
      var bytes = new ByteArrayOutputStream();
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      try {
        call(call, codes);
      } finally {
        System.setOut(out);
      }
      printed = bytes.toString(StandardCharsets.UTF_8);
    } while ((exitCode(codes) != 0 || !texts.stream().allMatch(printed::contains))
        && System.nanoTime() < end);
    System.out.print(printed);
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
