package io.headwater.packages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands of the checkout's launcher, as its table has them. */
final class LauncherTable {
  private static final Pattern LINE =
      Pattern.compile(
          " *([a-z |-]+)\\) module=(\\S+); artifact=(\\S+); main=(\\S+); memory=\\(([^)]*)\\).*");

  /**
   * A line of it.
   *
   * @param names the commands that one main class has
   * @param module its folder in the checkout
   * @param artifact its jar's name without the version
   * @param memory the JVM's options for it
   */
  record Line(
      List<String> names, String module, String artifact, String main, List<String> memory) {
    Line {
      names = List.copyOf(names);
      memory = List.copyOf(memory);
    }

    /** Whether the main class is the command, rather than having several. */
    boolean isProcess() {
      return names.size() == 1;
    }
  }

  private LauncherTable() {}

  /** Reads the launcher's text. */
  static List<Line> read(Path launcher) throws IOException {
    var lines = new ArrayList<Line>();
    for (String text : Files.readAllLines(launcher)) {
      Matcher line = LINE.matcher(text);
      if (line.matches()) {
        lines.add(
            new Line(
                Arrays.stream(line.group(1).split("\\|", -1)).map(String::strip).toList(),
                line.group(2),
                line.group(3),
                line.group(4),
                List.of(line.group(5).split(" ", -1))));
      }
    }
    if (lines.isEmpty()) {
      throw new IllegalStateException(launcher + " has no line that names a module");
    }
    return lines;
  }
}
