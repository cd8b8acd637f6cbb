package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page of the statements and the tests say the same. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConformanceListTest {
  private static final Path PAGE = Path.of("..", "docs", "mqtt-conformance.md");
  private static final Pattern STATEMENT =
      Pattern.compile("\\| (MQTT-\\d+(?:\\.\\d+)*-\\d+) \\|.*");
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*(?:Test|IT))\\.(\\w+)`");
  private static final int OF_MQTT_5 = 251;
  private static final int OF_MQTT_311 = 141;

  /** The lines of a chapter, by the statements' numbers. */
  private static Map<String, String> statements(String chapter) throws IOException {
    var found = new LinkedHashMap<String, String>();
    for (String line : chapter(chapter)) {
      Matcher matcher = STATEMENT.matcher(line);
      if (matcher.matches()) {
        assertThat(found.put(matcher.group(1), line)).as("%s once", matcher.group(1)).isNull();
      }
    }
    return found;
  }

  private static List<String> chapter(String title) throws IOException {
    List<String> lines = Files.readAllLines(PAGE);
    int start = lines.indexOf("## " + title);
    assertThat(start).as("chapter %s of %s", title, PAGE).isNotNegative();
    return lines.subList(start + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("## "))
        .toList();
  }

  /** The module's test classes by their simple names. */
  private static Map<String, Class<?>> classes() throws IOException, URISyntaxException {
    Path root =
        Path.of(
            ConformanceListTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    var found = new HashMap<String, Class<?>>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".class")).toList()) {
        String name = root.relativize(file).toString().replace('/', '.').replaceAll(".class$", "");
        if (name.matches("io\\.headwater\\..*(Test|IT)")) {
          Class<?> loaded = load(name);
          found.put(loaded.getSimpleName(), loaded);
        }
      }
    }
    return found;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, ConformanceListTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void allStatementsAreListedOnceAndWithWhatIsDoneAboutThem() throws IOException {
    for (var chapter : Map.of("MQTT 5", OF_MQTT_5, "MQTT 3.1.1", OF_MQTT_311).entrySet()) {
      Map<String, String> statements = statements(chapter.getKey());
      assertThat(statements).as(chapter.getKey()).hasSize(chapter.getValue());
      statements.forEach((number, line) ->
          assertThat(TEST.matcher(line).find() || line.matches(".*\\| (codec|client|open).*"))
              .as("%s names a test, or is codec, client or open", number)
              .isTrue());
    }
  }

  @Test
  void namedTestsExist() throws Exception {
    Map<String, Class<?>> classes = classes();
    var missing = new ArrayList<String>();
    Matcher matcher = TEST.matcher(Files.readString(PAGE));
    int named = 0;
    while (matcher.find()) {
      named++;
      String method = matcher.group(2);
      Class<?> type = classes.get(matcher.group(1));
      if (type == null
          || Arrays.stream(type.getDeclaredMethods()).noneMatch(m -> m.getName().equals(method))) {
        missing.add(matcher.group());
      }
    }
    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(100);
  }

  @Test
  void testsOfStatementsAreListed() throws Exception {
    Map<String, String> v5 = statements("MQTT 5");
    Map<String, String> v311 = statements("MQTT 3.1.1");
    Set<String> missing = new TreeSet<>();
    for (Class<?> type : classes().values()) {
      for (Method method : type.getDeclaredMethods()) {
        Statement statement = method.getAnnotation(Statement.class);
        if (statement != null) {
          String test = "`" + type.getSimpleName() + "." + method.getName() + "`";
          missing.addAll(missing(v5, statement.value(), test));
          missing.addAll(missing(v311, statement.old(), test));
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  private static List<String> missing(Map<String, String> page, String[] numbers, String test) {
    return Arrays.stream(numbers)
        .filter(number -> !page.getOrDefault(number, "").contains(test))
        .map(number -> number + " " + test)
        .toList();
  }
}
