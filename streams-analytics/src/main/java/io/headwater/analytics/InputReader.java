package io.headwater.analytics;

import io.headwater.analytics.decode.PayloadFormat;
import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.Language;
import io.headwater.analytics.expression.Type;
import io.headwater.process.YamlFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Reads how records become readings. Collects the names that a query's expressions may use, as they
 * are declared, and those that they do use.
 */
final class InputReader {
  static final Set<String> DECODE_KEYS = Set.of("csv", "separator");
  static final Set<String> TABLE_KEYS = Set.of("topic", "as", "on", "required");
  static final Set<String> FIELD_KEYS = Set.of("path", "type");

  /** What a field at a path may be. */
  enum FieldType {
    NUMBER(Type.NUMBER),
    TEXT(Type.TEXT),
    CONDITION(Type.CONDITION);

    private final Type type;

    FieldType(Type type) {
      this.type = type;
    }
  }

  private final YamlFile yaml;
  private final Map<String, Type> names = new LinkedHashMap<>(ReadingScope.NAMES);
  private final Set<String> used = new HashSet<>();

  InputReader(YamlFile yaml) {
    this.yaml = yaml;
  }

  /** Reads the keys of a query that say how records become readings. */
  Readings read(Map<String, Node> keys, Optional<Source.Join> join) {
    PayloadFormat format = format(keys.get("decode"));
    List<ValuePath> value = value(keys.get("value"));
    join.ifPresent(
        other -> declare(keys.getOrDefault("join", keys.get("from")), other.name(), Type.ANY));
    Optional<Readings.Table> table = table(keys.get("table"));
    List<Field> fields = fields(keys.get("fields"));
    Optional<Expression> where = expression(keys.get("where"), "where", Type.CONDITION);
    Optional<Expression> by = expression(keys.get("by"), "by", Type.TEXT, Type.NUMBER, Type.WHOLE);
    String deadLetters =
        yaml.optional(
            keys.get("dead-letters"), "dead-letters", Readings.DEAD_LETTERS, Texts::topic);
    return new Readings(
        format,
        value,
        keys.containsKey("value"),
        table,
        fields,
        where,
        by,
        deadLetters == null ? Readings.DEAD_LETTERS : deadLetters);
  }

  /** The names that expressions about readings may use. */
  Map<String, Type> names() {
    return names;
  }

  /** Whether an expression read so far uses the name. */
  boolean uses(String name) {
    return used.contains(name);
  }

  /** An expression about readings; empty if it is absent or wrong. */
  Optional<Expression> expression(@Nullable Node node, String key, Type... expected) {
    if (node == null) {
      return Optional.empty();
    }
    Expression expression =
        yaml.scalar(node, key, text -> new Language(names).compile(text, expected));
    if (expression != null) {
      used.addAll(expression.names());
    }
    return Optional.ofNullable(expression);
  }

  private void declare(@Nullable Node node, String name, Type type) {
    if (names.putIfAbsent(name, type) != null && node != null) {
      yaml.problem(node, "the name '" + name + "' is already taken: choose another");
    }
  }

  private PayloadFormat format(@Nullable Node node) {
    if (node instanceof MappingNode) {
      Map<String, Node> keys = yaml.section(node, "'decode'", DECODE_KEYS);
      var columns = new ArrayList<String>();
      for (Node column : yaml.list(keys.get("csv"))) {
        String name = yaml.scalar(column, "csv", text -> text);
        if (name != null && (name.isEmpty() || columns.contains(name))) {
          yaml.problem(column, "csv: column '" + name + "' is empty or given twice");
        } else if (name != null) {
          columns.add(name);
        }
      }
      if (columns.isEmpty()) {
        yaml.problem(node, "'csv' is missing: list the names of the columns");
      }
      Character separator =
          yaml.optional(keys.get("separator"), "separator", ',', InputReader::separator);
      return new PayloadFormat.Csv(columns, separator == null ? ',' : separator);
    }
    PayloadFormat format =
        yaml.optional(node, "decode", new PayloadFormat.Json(), InputReader::format);
    return format == null ? new PayloadFormat.Json() : format;
  }

  private static PayloadFormat format(String text) {
    return switch (text) {
      case "json" -> new PayloadFormat.Json();
      case "number" -> new PayloadFormat.Decimal();
      default ->
          throw new IllegalArgumentException(
              "'" + text + "' is not known: write json, number, or {csv: [column, column]}");
    };
  }

  private static char separator(String text) {
    return switch (text) {
      case "tab", "\\t" -> '\t';
      case "" -> ' ';
      default -> {
        if (text.length() != 1) {
          throw new IllegalArgumentException(
              "'" + text + "' is not a separator: write one character, or tab");
        }
        yield text.charAt(0);
      }
    };
  }

  private List<ValuePath> value(@Nullable Node node) {
    if (node == null) {
      return List.of(ValuePath.parse("$"));
    }
    List<Node> nodes = yaml.list(node);
    if (nodes.isEmpty()) {
      yaml.problem(node, "'value' is empty: write a path like $.value, or leave it out for $");
    }
    var paths = new ArrayList<ValuePath>();
    for (Node path : nodes) {
      ValuePath parsed = yaml.scalar(path, "value", ValuePath::parse);
      if (parsed != null) {
        paths.add(parsed);
      }
    }
    return paths;
  }

  private Optional<Readings.Table> table(@Nullable Node node) {
    if (node == null) {
      return Optional.empty();
    }
    Map<String, Node> keys = yaml.section(node, "'table'", TABLE_KEYS);
    if (!(node instanceof MappingNode)) {
      return Optional.empty();
    }
    String topic = yaml.required(node, keys, "topic", Texts::topic);
    String name = yaml.required(node, keys, "as", Texts::identifier);
    Optional<Expression> on = expression(keys.get("on"), "on", Type.TEXT, Type.NUMBER, Type.WHOLE);
    Boolean required = yaml.optional(keys.get("required"), "required", false, Texts::yesOrNo);
    if (topic == null || name == null || required == null) {
      return Optional.empty();
    }
    declare(node, name, Type.ANY);
    return Optional.of(new Readings.Table(topic, name, on, required));
  }

  private List<Field> fields(@Nullable Node node) {
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof MappingNode mapping)) {
      yaml.problem(
          node, "'fields' must be names, each with a path like $.humidity or an expression");
      return List.of();
    }
    var fields = new ArrayList<Field>();
    for (NodeTuple tuple : mapping.getValue()) {
      String name =
          tuple.getKeyNode() instanceof ScalarNode key
              ? yaml.scalar(key, "fields", Texts::identifier)
              : null;
      Optional<Field> field = name == null ? Optional.empty() : field(name, tuple.getValueNode());
      field.ifPresent(each -> {
        declare(tuple.getKeyNode(), each.name(), each.type());
        fields.add(each);
      });
    }
    return fields;
  }

  private Optional<Field> field(String name, Node node) {
    if (node instanceof MappingNode) {
      Map<String, Node> keys = yaml.section(node, "field '" + name + "'", FIELD_KEYS);
      ValuePath path = yaml.required(node, keys, "path", ValuePath::parse);
      FieldType type =
          yaml.optional(keys.get("type"), "type", FieldType.NUMBER, Texts.oneOf(FieldType.class));
      return path == null || type == null
          ? Optional.empty()
          : Optional.of(new Field.AtPath(name, path, type.type));
    }
    if (node instanceof ScalarNode scalar && scalar.getValue().strip().startsWith("$")) {
      ValuePath path = yaml.scalar(node, name, ValuePath::parse);
      return Optional.ofNullable(path).map(each -> new Field.AtPath(name, each, Type.NUMBER));
    }
    return expression(node, name, Type.NUMBER, Type.WHOLE, Type.TEXT, Type.CONDITION)
        .map(expression -> new Field.Computed(name, expression));
  }
}
