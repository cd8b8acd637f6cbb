package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder below {@code docs/examples}, copied to where a user would have it, and the commands that
 * its README tells him to type.
 */
final class Example {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern COMMAND =
      Pattern.compile("^```sh\\R(.*?)\\R```$", Pattern.DOTALL | Pattern.MULTILINE);

  private final Path folder;
  private final List<String> commands;
  private final Map<String, String> environment = new HashMap<>();

  /**
   * @param parent the copy lies in it
   * @param hub where the commands find their hub
   */
  Example(String name, Path parent, String hub) {
    Path origin = originals().resolve(name);
    folder = parent.resolve(name);
    try (Stream<Path> files = Files.walk(origin)) {
      for (Path file : files.filter(each -> !isBuilt(origin, each)).toList()) {
        Files.copy(file, folder.resolve(origin.relativize(file).toString()));
      }
      commands =
          COMMAND
              .matcher(Files.readString(folder.resolve("README.md")))
              .results()
              .map(found -> found.group(1))
              .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    environment.put("HUB", hub);
    // What the index of the examples tells to do, but the launcher must not start a build.
    environment.put("HEADWATER_BUILD", "never");
    environment.put("PATH", System.getenv("PATH") + File.pathSeparator + Headwater.home());
    addToPath(Peer.JAVA.resolveSibling(""));
  }

  static Path originals() {
    return Headwater.home().resolve("docs").resolve("examples");
  }

  /** What a developer has left who tried the example where it lies. */
  private static boolean isBuilt(Path origin, Path file) {
    String inside = origin.relativize(file).toString();
    return inside.startsWith("target") || inside.endsWith(".db");
  }

  Example with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  String environment(String name) {
    return Objects.requireNonNull(environment.get(name), name);
  }

  /** Programs in there come before all others. */
  Example addToPath(Path programs) {
    environment.merge(
        "PATH", programs.toString(), (old, first) -> first + File.pathSeparator + old);
    return this;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  List<String> commands() {
    return commands;
  }

  /** Types a command and waits for its good end; what it printed. */
  String run(int command) {
    try (ChildProcess process = start(command)) {
      assertThat(process.awaitExit(PATIENCE))
          .as("%s: %s", commands.get(command), process.output())
          .isZero();
      return process.output();
    }
  }

  /** Types a command that goes on until it is told to stop. */
  ChildProcess start(int command) {
    return ChildProcess.start(folder, environment, "bash", "-c", commands.get(command));
  }
}
