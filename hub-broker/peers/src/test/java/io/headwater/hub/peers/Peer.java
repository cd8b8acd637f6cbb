package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.FreePorts;
import io.headwater.testsupport.OutsideSoftware;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Starts other people's programs. */
final class Peer {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Debian's own: its packages are not seen by another Python that comes first on the path. */
  private static final Path DEBIANS_PYTHON = Path.of("/usr/bin/python3");

  static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  private Peer() {}

  /** Runs a program to its end, which must be a good one, and returns what it printed. */
  static String run(Path folder, Path program, String... arguments) {
    try (ChildProcess process = start(folder, program, List.of(arguments))) {
      assertThat(process.awaitExit(PATIENCE)).as("%s", process.output()).isZero();
      return process.output();
    }
  }

  /** Runs a program that prints its own checks; all that begin with ok are printed here too. */
  static void runChecks(Path folder, Path program, String... arguments) {
    String output = run(folder, program, arguments);
    output
        .lines()
        .filter(line -> line.startsWith("ok "))
        .forEach(line -> System.out.println(program.getFileName() + " " + line));
    assertThat(output.stripTrailing()).endsWith("all checked");
  }

  /** Starts a Java program of the test's class path in a JVM of its own. */
  static ChildProcess startJava(Path folder, String main, String... arguments) {
    return startJavaWith(System.getProperty("java.class.path"), folder, main, arguments);
  }

  static ChildProcess startJavaWith(
      String classPath, Path folder, String main, String... arguments) {
    var all = new ArrayList<String>();
    all.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            classPath,
            main));
    all.addAll(List.of(arguments));
    return start(folder, JAVA, all);
  }

  /** Runs a Java program of the test's class path to its end and returns what it printed. */
  static String runJava(Path folder, String main, String... arguments) {
    try (ChildProcess process = startJava(folder, main, arguments)) {
      assertThat(process.awaitExit(PATIENCE)).as("%s", process.output()).isZero();
      return process.output();
    }
  }

  /** A Python that has confluent-kafka; ends the calling test, skipped or failed, without one. */
  static Path pythonWithKafka(Path folder) {
    Path python =
        Files.isExecutable(DEBIANS_PYTHON) ? DEBIANS_PYTHON : OutsideSoftware.find("python3");
    try (ChildProcess process = start(folder, python, List.of("-c", "import confluent_kafka"))) {
      if (process.awaitExit(Duration.ofSeconds(20)) != 0) {
        OutsideSoftware.doWithout("python3-confluent-kafka");
      }
    }
    return python;
  }

  /** Starts a program. */
  static ChildProcess start(Path folder, Path program, String... arguments) {
    return start(folder, program, List.of(arguments));
  }

  private static ChildProcess start(Path folder, Path program, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(program.toString());
    command.addAll(arguments);
    return ChildProcess.start(folder, command.toArray(String[]::new));
  }

  /** A port for a program that cannot tell which one it got. */
  static int freePort() {
    return FreePorts.take();
  }

  /** A file among the test's resources. */
  static Path resource(String name) {
    var found = Peer.class.getResource("/" + name);
    assertThat(found).as(name).isNotNull();
    return Path.of(URI.create(Objects.requireNonNull(found).toString()));
  }

  /** Prints what has been checked. */
  static void ok(String what) {
    System.out.println("ok " + what);
  }
}
