package io.headwater.packages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A Java runtime with what the edge agent needs, made by jlink. */
final class JavaRuntime {
  /**
   * What jdeps finds in the agent and its libraries, and naming, which reads certificates' names.
   */
  private static final String MODULES =
      "java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,"
          + "jdk.httpserver,jdk.management,jdk.net,jdk.unsupported";

  /** What a JDK's file {@code release} says of it. */
  private static final Pattern JAVA_25 = Pattern.compile("JAVA_VERSION=\"25[\".].*");

  private static final String ARM64 = "OS_ARCH=\"aarch64\"";

  private JavaRuntime() {}

  /**
   * Makes one.
   *
   * @param other another machine's JDK, with jmods; null for this JVM's own
   */
  static void link(Path into, @Nullable Path other) throws IOException, InterruptedException {
    var line = new ArrayList<String>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "jlink").toString());
    if (other == null) {
      line.add("--strip-debug");
    } else {
      check(other);
      line.addAll(List.of("--module-path", other.resolve("jmods").toString()));
      // This machine's objcopy cannot strip another's libraries. Vendors strip them, and some put
      // half a gigabyte of what they took off beside them.
      line.addAll(List.of("--strip-java-debug-attributes", "--exclude-files", "**.debuginfo"));
    }
    line.addAll(
        List.of(
            "--add-modules",
            MODULES,
            "--no-header-files",
            "--no-man-pages",
            // The AOT cache has the classes that a start needs: they are not unpacked each time.
            "--compress",
            "zip-6",
            "--output",
            into.toString()));
    Tools.run(line);
  }

  /** jlink would link any machine's modules, and fail for another Java without saying whose. */
  private static void check(Path jdk) throws IOException {
    Path release = jdk.resolve("release");
    List<String> says =
        Files.isRegularFile(release)
            ? Files.readAllLines(release).stream()
                .filter(line -> line.startsWith("JAVA_VERSION=") || line.startsWith("OS_ARCH="))
                .toList()
            : List.of();
    if (says.stream().noneMatch(JAVA_25.asMatchPredicate()) || !says.contains(ARM64)) {
      throw new IllegalArgumentException(
          "-Darm64.jdk=" + jdk + " is no JDK 25 for arm64; its file release says " + says);
    }
    if (!Files.isDirectory(jdk.resolve("jmods"))) {
      throw new IllegalArgumentException(
          "-Darm64.jdk=" + jdk + " has no folder jmods; name a JDK 25 that comes with them");
    }
  }
}
