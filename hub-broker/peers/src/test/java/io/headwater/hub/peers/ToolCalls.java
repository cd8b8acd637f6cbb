package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.peers.KafkaTools.Call;
import io.headwater.hub.peers.KafkaTools.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Calls of Kafka's own programs, one after another, and what is to come of each. */
final class ToolCalls {
  /**
   * A call and what comes of it.
   *
   * @param texts all of which it prints
   */
  private record Expectation(Call call, int exitCode, List<String> texts) {}

  private final String bootstrap;
  private final List<Expectation> expectations = new ArrayList<>();

  /**
   * @param bootstrap which each call is given
   */
  ToolCalls(String bootstrap) {
    this.bootstrap = bootstrap;
  }

  /**
   * A call that ends well.
   *
   * @param program without the package of Kafka's tools
   * @param arguments with spaces between them
   */
  void expect(String program, String arguments, String... texts) {
    add(call(program, "", arguments), 0, texts);
  }

  /**
   * A call that ends well as soon as all nodes know what an earlier one has changed: a cluster's
   * nodes learn of it one after another, and a program asks whichever it likes. It is made again
   * until then, as one who types it would.
   */
  void expectSoon(String program, String arguments, String... texts) {
    Call call = call(program, "", arguments);
    add(new Call(call.main(), call.input(), call.arguments(), List.of(texts)), 0, texts);
  }

  /** A call that fails. */
  void expectFailure(String program, String arguments, String... texts) {
    add(call(program, "", arguments), 1, texts);
  }

  /** A call that reads; lines end with '|'. */
  void expectReading(String program, String input, String arguments, String... texts) {
    add(call(program, input, arguments), 0, texts);
  }

  /** A call of a program that takes a command before anything else. */
  void expectOfCluster(int exitCode, String command, String arguments, String... texts) {
    var words = new ArrayList<>(List.of(command, "--bootstrap-server", bootstrap));
    words.addAll(words(arguments));
    add(
        Call.of("org.apache.kafka.tools.ClusterTool", words.toArray(String[]::new)),
        exitCode,
        texts);
  }

  private void add(Call call, int exitCode, String... texts) {
    expectations.add(new Expectation(call, exitCode, List.of(texts)));
  }

  private Call call(String program, String input, String arguments) {
    var words = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
    words.addAll(words(arguments));
    return new Call(
        program.startsWith("kafka.") ? program : "org.apache.kafka.tools." + program,
        input,
        words,
        null);
  }

  private static List<String> words(String arguments) {
    return Arrays.stream(arguments.split(" ")).filter(word -> !word.isEmpty()).toList();
  }

  /** Makes the calls in one JVM, and checks what has come of them. */
  void run(Path folder) throws IOException {
    List<Result> results =
        KafkaTools.run(folder, expectations.stream().map(Expectation::call).toList());
    for (int i = 0; i < results.size(); i++) {
      Expectation expectation = expectations.get(i);
      String what = expectation.call().toString();
      for (String text : expectation.texts()) {
        assertThat(results.get(i).output()).as(what).contains(text);
      }
      assertThat(results.get(i).exitCode())
          .as("%s: %s", what, results.get(i).output())
          .isEqualTo(expectation.exitCode());
      Peer.ok(what);
    }
  }
}
