package io.headwater.sim.scenario;

import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The scenarios that ship with the simulator, by name. */
public final class ReadyScenarios {
  public static final List<String> NAMES =
      List.of(
          "smoke",
          "steady",
          "outage",
          "storm",
          "kill-everything",
          "bridges",
          "mosquitto",
          "paused-bridge",
          "drains",
          "broken-broker");

  private ReadyScenarios() {}

  /** The scenario's YAML. */
  public static String text(String name) {
    if (!NAMES.contains(name)) {
      throw unknown(name);
    }
    try (InputStream in =
        ReadyScenarios.class.getResourceAsStream("/scenarios/" + name + ".yaml")) {
      if (in == null) {
        throw new AssertionError("the scenario " + name + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a ready scenario by its name, or a file.
   *
   * @throws UserError if there is neither, or if it is wrong
   */
  public static Scenario find(String nameOrFile) {
    if (NAMES.contains(nameOrFile)) {
      return ScenarioFile.read(YamlFile.of(nameOrFile, text(nameOrFile)), nameOrFile);
    }
    Path file = Path.of(nameOrFile);
    if (Files.exists(file)) {
      return ScenarioFile.read(file);
    }
    throw unknown(nameOrFile);
  }

  private static UserError unknown(String name) {
    return UserError.usage(
        "there is no scenario and no file '" + name + "'" + YamlFile.hint(name, NAMES));
  }
}
