package io.headwater.process;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Binds given values to records by the rules of {@link Config}; collects errors, never throws. */
final class ConfigBinder {
  private final List<String> errors;

  ConfigBinder(List<String> errors) {
    this.errors = errors;
  }

  /** Dotted keys of all values below the record that are not records themselves. */
  List<String> leafKeys(Record defaults) {
    var keys = new ArrayList<String>();
    collectKeys(defaults.getClass(), "", keys);
    return keys;
  }

  private static void collectKeys(Class<?> type, String prefix, List<String> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = prefix + keyOf(component);
      if (isSection(component.getType())) {
        collectKeys(component.getType(), key + ".", keys);
      } else {
        keys.add(key);
      }
    }
  }

  /** Keys of the record whose values are wanted as they stand in the file. */
  static List<String> sourceKeys(Record defaults) {
    return Arrays.stream(defaults.getClass().getRecordComponents())
        .filter(component -> component.getType() == YamlSource.class)
        .map(ConfigBinder::keyOf)
        .toList();
  }

  @Nullable <R extends Record> R bind(R defaults, ConfigValue.Section section) {
    @SuppressWarnings("unchecked") // getClass() of an R is a Class<R>: records are final
    Class<R> type = (Class<R>) defaults.getClass();
    return type.cast(bindRecord(type, defaults, section, ""));
  }

  private @Nullable Object bindRecord(
      Class<?> type, @Nullable Object defaults, ConfigValue.Section section, String path) {
    int errorsBefore = errors.size();
    RecordComponent[] components = type.getRecordComponents();
    List<String> known = Arrays.stream(components).map(ConfigBinder::keyOf).toList();
    for (var given : section.values().entrySet()) {
      if (!known.contains(given.getKey())) {
        errors.add(
            from(given.getValue())
                + "unknown key '"
                + path
                + given.getKey()
                + "'"
                + NearestName.of(given.getKey(), known)
                    .map(name -> ": did you mean '" + path + name + "'?")
                    .orElse("; known here: " + String.join(", ", known)));
      }
    }
    var arguments = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String key = keyOf(components[i]);
      Object fallback = defaults == null ? null : read(components[i], defaults);
      ConfigValue given = section.values().get(key);
      if (given != null) {
        arguments[i] = value(components[i].getGenericType(), given, fallback, path + key);
      } else if (fallback != null) {
        arguments[i] = fallback;
      } else if (components[i].getType() == Optional.class) {
        arguments[i] = Optional.empty();
      } else {
        errors.add(from(section) + "'" + path + key + "' is missing");
      }
    }
    return errors.size() == errorsBefore
        ? construct(type, components, arguments, section, path)
        : null;
  }

  private @Nullable Object construct(
      Class<?> type,
      RecordComponent[] components,
      @Nullable Object[] arguments,
      ConfigValue.Section section,
      String path) {
    try {
      var constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      String where = path.isEmpty() ? "" : path.substring(0, path.length() - 1) + ": ";
      errors.add(from(section) + where + e.getTargetException().getMessage());
      return null;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make a " + type.getName(), e);
    }
  }

  private @Nullable Object value(
      Type type, ConfigValue given, @Nullable Object fallback, String key) {
    if (type instanceof ParameterizedType parameterized) {
      Type element =
          parameterized.getActualTypeArguments()[parameterized.getActualTypeArguments().length - 1];
      return switch (((Class<?>) parameterized.getRawType()).getSimpleName()) {
        case "Optional" -> {
          Object inner = fallback instanceof Optional<?> optional ? optional.orElse(null) : null;
          yield Optional.ofNullable(value(element, given, inner, key));
        }
        case "List" -> list(element, given, key);
        case "Map" -> map(element, given, fallback, key);
        default -> throw new IllegalStateException("config key " + key + " has the type " + type);
      };
    }
    Class<?> raw = (Class<?>) type;
    if (raw == YamlSource.class) {
      return source(given, key);
    }
    if (isSection(raw)) {
      if (given instanceof ConfigValue.Section section) {
        return bindRecord(raw, fallback == null ? defaultsOf(raw) : fallback, section, key + ".");
      }
      if (given instanceof ConfigValue.Text text && text.text().isBlank()) {
        return fallback == null ? defaultsOf(raw) : fallback; // "http:" with nothing below it
      }
      if (given instanceof ConfigValue.Text text && hasShortForm(raw)) {
        return shortForm(raw, text, key);
      }
      errors.add(from(given) + "'" + key + "' must be a section with keys of its own");
      return null;
    }
    if (!(given instanceof ConfigValue.Text text)) {
      errors.add(from(given) + "'" + key + "' must be a single value");
      return null;
    }
    try {
      return scalar(raw, text.text());
    } catch (IllegalArgumentException e) {
      errors.add(from(given) + key + ": " + e.getMessage());
      return null;
    }
  }

  private @Nullable YamlSource source(ConfigValue given, String key) {
    return switch (given) {
      case ConfigValue.Source source -> source.source();
      case ConfigValue.Text text -> new YamlSource(text.origin(), text.text());
      case ConfigValue.Sequence _, ConfigValue.Section _ -> {
        errors.add(from(given) + "'" + key + "' cannot be put together from several places");
        yield null;
      }
    };
  }

  /** A section that may also be written as one value: it reads that by a method {@code parse}. */
  private static boolean hasShortForm(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .anyMatch(method ->
            method.getName().equals("parse")
                && method.getReturnType() == type
                && Arrays.equals(method.getParameterTypes(), new Class<?>[] {String.class}));
  }

  private @Nullable Object shortForm(Class<?> type, ConfigValue.Text given, String key) {
    try {
      var parse = type.getDeclaredMethod("parse", String.class);
      parse.setAccessible(true);
      return parse.invoke(null, given.text().strip());
    } catch (InvocationTargetException e) {
      errors.add(from(given) + key + ": " + e.getTargetException().getMessage());
      return null;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make a " + type.getName(), e);
    }
  }

  private @Nullable Object list(Type element, ConfigValue given, String key) {
    List<ConfigValue> values =
        switch (given) {
          case ConfigValue.Sequence sequence -> sequence.values();
          case ConfigValue.Text text ->
              text.text().isBlank()
                  ? List.of()
                  : Arrays.stream(text.text().split(",", -1))
                      .<ConfigValue>map(part -> new ConfigValue.Text(part.strip(), text.origin()))
                      .toList();
          case ConfigValue.Section section -> List.of(section);
          case ConfigValue.Source source -> List.of(source);
        };
    var result = new ArrayList<Object>();
    for (int i = 0; i < values.size(); i++) {
      Object bound = value(element, values.get(i), null, key + "[" + i + "]");
      if (bound != null) {
        result.add(bound);
      }
    }
    return List.copyOf(result);
  }

  private @Nullable Object map(
      Type element, ConfigValue given, @Nullable Object fallback, String key) {
    if (!(given instanceof ConfigValue.Section section)) {
      errors.add(from(given) + "'" + key + "' must be a section of names and values");
      return null;
    }
    var result = new LinkedHashMap<Object, Object>();
    if (fallback instanceof Map<?, ?> before) {
      before.forEach(result::put);
    }
    flatten(section, "", element)
        .forEach((name, nested) -> {
          Object bound = value(element, nested, null, key + "." + name);
          if (bound != null) {
            result.put(name, bound);
          }
        });
    return Map.copyOf(result);
  }

  /** Kafka's names have dots; outside the file they arrive as nested sections. */
  private static Map<String, ConfigValue> flatten(
      ConfigValue.Section section, String prefix, Type element) {
    var result = new LinkedHashMap<String, ConfigValue>();
    section
        .values()
        .forEach((name, nested) -> {
          if (nested instanceof ConfigValue.Section below
              && element instanceof Class<?> raw
              && !isSection(raw)) {
            result.putAll(flatten(below, prefix + name + ".", element));
          } else {
            result.put(prefix + name, nested);
          }
        });
    return result;
  }

  private static Object scalar(Class<?> type, String text) {
    if (type == String.class) {
      return text;
    }
    String stripped = text.strip();
    if (type == int.class || type == Integer.class) {
      return (int) number(stripped, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    if (type == long.class || type == Long.class) {
      return number(stripped, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (type == short.class || type == Short.class) {
      return (short) number(stripped, Short.MIN_VALUE, Short.MAX_VALUE);
    }
    if (type == double.class || type == Double.class) {
      try {
        return Double.parseDouble(stripped);
      } catch (NumberFormatException _) {
        throw new IllegalArgumentException("'" + text + "' is not a number");
      }
    }
    if (type == boolean.class || type == Boolean.class) {
      return switch (stripped.toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new IllegalArgumentException("'" + text + "' is not true or false");
      };
    }
    if (type == Duration.class) {
      return Durations.parse(stripped);
    }
    if (type == ByteSize.class) {
      return ByteSize.parse(stripped);
    }
    if (type == HostPort.class) {
      return HostPort.parse(stripped);
    }
    if (type == Path.class) {
      return path(stripped);
    }
    if (type.isEnum()) {
      return constant(type, stripped);
    }
    throw new IllegalStateException("config values of type " + type + " are not read");
  }

  private static Path path(String text) {
    try {
      if (text.isEmpty()) {
        throw new IllegalArgumentException("the path is empty");
      }
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' is not a path: " + e.getReason(), e);
    }
  }

  private static long number(String text, long min, long max) {
    try {
      long number = Long.parseLong(text);
      if (number < min || number > max) {
        throw new IllegalArgumentException(text + " is not between " + min + " and " + max);
      }
      return number;
    } catch (NumberFormatException _) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number");
    }
  }

  private static Object constant(Class<?> type, String text) {
    var names = new ArrayList<String>();
    for (Object constant : type.getEnumConstants()) {
      String name = ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
      if (name.equals(text)) {
        return constant;
      }
      names.add(name);
    }
    throw new IllegalArgumentException("'" + text + "' is not one of " + String.join(", ", names));
  }

  /** A record of the configuration itself, not one of the value types. */
  private static boolean isSection(Class<?> type) {
    return type.isRecord() && type != ByteSize.class && type != HostPort.class;
  }

  private static @Nullable Object defaultsOf(Class<?> type) {
    try {
      var field = type.getDeclaredField("DEFAULTS");
      field.setAccessible(true);
      return field.get(null);
    } catch (NoSuchFieldException _) {
      return null;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(type + ".DEFAULTS cannot be read", e);
    }
  }

  private static @Nullable Object read(RecordComponent component, Object record) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /** {@code transactionTimeout} is the key {@code transaction-timeout}. */
  private static String keyOf(RecordComponent component) {
    var key = new StringBuilder();
    for (char c : component.getName().toCharArray()) {
      if (Character.isUpperCase(c)) {
        key.append('-').append(Character.toLowerCase(c));
      } else {
        key.append(c);
      }
    }
    return key.toString();
  }

  private static String from(ConfigValue value) {
    return value.origin().isEmpty() ? "" : value.origin() + ": ";
  }
}
