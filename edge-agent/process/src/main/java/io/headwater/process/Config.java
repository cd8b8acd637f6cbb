package io.headwater.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads a process' configuration into one immutable record.
 *
 * <p>Later wins: the defaults (an instance of the record), the YAML file, {@code
 * HEADWATER_<PROCESS>_<KEY>} in the environment, settings of the command line. A record component
 * {@code fooBar} is the key {@code foo-bar}; nested records are nested maps, joined by dots outside
 * the file ({@code commit.linger}, {@code HEADWATER_EDGE_COMMIT_LINGER}).
 *
 * <p>All errors are reported at once, each with where the value came from; an unknown key names the
 * nearest known one.
 */
public final class Config {
  private Config() {}

  /**
   * Reads the configuration.
   *
   * @param process the process' name, as in {@code headwater hub}
   * @param defaults what holds where nothing is given
   * @param file the YAML file, if any
   * @param environment usually {@link System#getenv()}
   * @param settings the command line's, which win
   * @throws UserError with exit code 2 that lists every error, one a line
   */
  public static <R extends Record> R read(
      String process,
      R defaults,
      Optional<Path> file,
      Map<String, String> environment,
      List<Setting> settings) {
    var errors = new ArrayList<String>();
    var root = new ConfigValue.Section(file.map(Path::toString).orElse(""));
    List<String> sources = ConfigBinder.sourceKeys(defaults);
    file.ifPresent(path -> readFile(path, sources, root, errors));
    var binder = new ConfigBinder(errors);
    readEnvironment(process, binder.leafKeys(defaults), environment, root, errors);
    for (Setting setting : settings) {
      root.put(setting.key(), new ConfigValue.Text(setting.value(), setting.origin()), errors);
    }
    R config = binder.bind(defaults, root);
    if (config == null || !errors.isEmpty()) {
      throw UserError.usage(String.join(System.lineSeparator(), errors));
    }
    return config;
  }

  private static void readFile(
      Path path, List<String> sources, ConfigValue.Section root, List<String> errors) {
    String text;
    try {
      text = Files.readString(path);
    } catch (NoSuchFileException _) {
      errors.add("--config " + path + ": there is no such file");
      return;
    } catch (IOException e) {
      errors.add("--config " + path + ": cannot be read (" + e + ")");
      return;
    }
    try {
      Node node = YamlTree.compose(text);
      if (node == null || node.getTag().equals(Tag.NULL)) {
        return;
      }
      if (!(node instanceof MappingNode mapping)) {
        errors.add(path + ": the file must hold keys and values, like 'data: /var/lib/headwater'");
        return;
      }
      new ConfigTree(path, text, sources, errors).addTo(root, mapping);
    } catch (YAMLException e) {
      var mistake = YamlTree.Mistake.of(e, text);
      String line = mistake.line().isPresent() ? " line " + mistake.line().getAsInt() : "";
      errors.add(path + line + ": " + mistake.text());
    }
  }

  private static void readEnvironment(
      String process,
      List<String> keys,
      Map<String, String> environment,
      ConfigValue.Section root,
      List<String> errors) {
    String prefix = "HEADWATER_" + process.toUpperCase(Locale.ROOT) + "_";
    var known = new TreeMap<String, String>();
    keys.forEach(key -> known.put(prefix + environmentName(key), key));
    for (var entry : new TreeMap<>(environment).entrySet()) {
      if (!entry.getKey().startsWith(prefix)) {
        continue;
      }
      String key = known.get(entry.getKey());
      if (key == null) {
        errors.add(
            "environment variable "
                + entry.getKey()
                + " is not known"
                + NearestName.of(entry.getKey(), known.keySet())
                    .map(name -> ": did you mean " + name + "?")
                    .orElse(""));
      } else {
        root.put(key, new ConfigValue.Text(entry.getValue(), entry.getKey()), errors);
      }
    }
  }

  private static String environmentName(String key) {
    return key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }
}
