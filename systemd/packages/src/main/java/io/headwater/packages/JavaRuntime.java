package io.headwater.packages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Java runtime with what the edge agent needs, made by jlink. */
final class JavaRuntime {
  /**
   * What jdeps finds in the agent and its libraries, and naming, which reads certificates' names.
   */
  private static final String MODULES =
      "java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,"
          + "jdk.httpserver,jdk.management,jdk.net,jdk.unsupported";

  private JavaRuntime() {}

  /**
   * Makes one.
   *
   * @param other another machine's JDK, with jmods; null for this JVM's own
   */
  static void link(Path into, @Nullable Path other) throws IOException, InterruptedException {
    var line = new ArrayList<String>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "jlink").toString());
    if (other != null) {
      Path modules = other.resolve("jmods");
      if (!Files.isDirectory(modules)) {
        throw new IllegalArgumentException(
            "-Darm64.jdk=" + other + " has no folder jmods; name a JDK 25 that comes with them");
      }
      line.addAll(List.of("--module-path", modules.toString()));
    }
    line.addAll(
        List.of(
            "--add-modules",
            MODULES,
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            // The AOT cache has the classes that a start needs: they are not unpacked each time.
            "--compress",
            "zip-6",
            "--output",
            into.toString()));
    Tools.run(line);
  }
}
