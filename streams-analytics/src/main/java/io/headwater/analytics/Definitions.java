package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Queries as users wrote them, and the file {@code queries.json} in the data folder, which keeps
 * for each what its state was computed by. So a change that the state does not fit is noticed over
 * a restart, too.
 *
 * <p>Confined to whoever holds the lock of {@link QueryAdmin}.
 */
final class Definitions {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  private final Path file;
  private final Map<String, ObjectNode> byName = new LinkedHashMap<>();

  private Definitions(Path file) {
    this.file = file;
  }

  /** Reads what the data folder's state was computed by. */
  static Definitions open(Path dataFolder) {
    var definitions = new Definitions(dataFolder.resolve("queries.json"));
    try {
      if (Files.exists(definitions.file)) {
        JSON.readTree(definitions.file.toFile())
            .properties()
            .forEach(entry -> definitions.byName.put(entry.getKey(), object(entry.getValue())));
      }
    } catch (IOException e) {
      throw UserError.failure(
          definitions.file
              + " cannot be read ("
              + e.getMessage()
              + "); delete it if no query has changed since the last start",
          e);
    }
    return definitions;
  }

  /**
   * A query file's queries by name, as written.
   *
   * @param file one that {@link QueryFile} has found to be right
   */
  static Map<String, ObjectNode> read(Path file) {
    var definitions = new LinkedHashMap<String, ObjectNode>();
    try {
      for (JsonNode each : YAML.readTree(file.toFile()).path("queries")) {
        definitions.put(each.path("name").asText(), object(each));
      }
    } catch (JsonProcessingException e) {
      throw UserError.usage(file + ": " + e.getOriginalMessage());
    } catch (IOException e) {
      throw UserError.failure("--queries " + file + ": cannot be read (" + e + ")", e);
    }
    return definitions;
  }

  private static ObjectNode object(JsonNode node) {
    return node instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
  }

  /** What the query's state was computed by, if it has any. */
  Optional<ObjectNode> of(String query) {
    return Optional.ofNullable(byName.get(query));
  }

  /**
   * The keys by which a query differs from what its state was computed by, if that state does not
   * fit it; none if it has no state, or only says a default in words.
   */
  List<String> misfits(Query query, ObjectNode definition) {
    ObjectNode before = byName.get(query.name());
    if (before == null || before.equals(definition)) {
      return List.of();
    }
    return fits(before, query) ? List.of() : differences(before, definition);
  }

  /** Whether the state of a definition as it was written once fits the query. */
  private boolean fits(ObjectNode before, Query query) {
    var whole = new LinkedHashMap<String, ObjectNode>();
    putWithMerged(before, whole);
    ObjectNode asFile = JsonNodeFactory.instance.objectNode();
    asFile.putArray("queries").addAll(whole.values());
    try {
      // JSON is YAML.
      return query.fitsStateOf(
          QueryFile.read(YamlFile.of(file.toString(), asFile.toString())).getLast());
    } catch (UserError _) {
      return false; // what was right once is not known any more
    }
  }

  /** A query, and before it those whose windows it merges. */
  private void putWithMerged(ObjectNode definition, Map<String, ObjectNode> into) {
    ObjectNode merged = byName.get(definition.path("from").path("query").asText());
    if (merged != null && into.size() < byName.size()) {
      putWithMerged(merged, into);
    }
    into.put(definition.path("name").asText(), definition);
  }

  void put(String query, ObjectNode definition) {
    byName.put(query, definition);
    write();
  }

  /** The keys by which two definitions differ, sorted. */
  static List<String> differences(ObjectNode before, ObjectNode after) {
    var keys = new TreeSet<String>();
    before.fieldNames().forEachRemaining(keys::add);
    after.fieldNames().forEachRemaining(keys::add);
    keys.removeIf(key -> before.path(key).equals(after.path(key)));
    return List.copyOf(keys);
  }

  private void write() {
    Path temporary = file.resolveSibling("queries.json.tmp");
    try {
      JSON.writerWithDefaultPrettyPrinter().writeValue(temporary.toFile(), byName);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw UserError.failure(file + " cannot be written (" + e + ")", e);
    }
  }
}
