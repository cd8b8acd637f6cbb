package io.headwater.edge.input.sensor;

import io.headwater.process.YamlFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.nodes.Node;

/** A machine of files below a folder. */
final class TestMachine implements Machine {
  private final Path root;

  TestMachine(Path root) {
    this.root = root;
  }

  /** The settings of an input with these keys. */
  static SensorSettings settings(String type, Map<String, String> keys) {
    String yaml =
        keys.entrySet().stream()
            .map(each -> each.getKey() + ": " + each.getValue())
            .collect(Collectors.joining(", ", "{", "}"));
    YamlFile file = YamlFile.of("edge.yaml", yaml);
    Node node = file.root("").orElseThrow();
    SensorType found = SensorTypes.of(type).orElseThrow();
    SensorSettings settings =
        found
            .read()
            .apply(new SensorKeys(file, node, file.section(node, "the input", found.keys())));
    file.requireNoProblem();
    return settings;
  }

  @Override
  public Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  @Override
  public void pause(Duration duration) {}
}
