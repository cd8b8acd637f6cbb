package io.headwater.edge.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.Arrays;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * Breaks the edge agent in one place: in a JVM that loads this as its agent, the log does not force
 * its commits to disk.
 */
public final class Unforced {
  private static final String FULL = "synchronous=FULL";

  private Unforced() {}

  /**
   * Called by the JVM.
   *
   * @param synchronous what SQLite is told in place of FULL: 0 for OFF, 1 for NORMAL
   */
  public static void premain(String synchronous, Instrumentation jvm) {
    byte[] full = FULL.getBytes(StandardCharsets.US_ASCII);
    // As long, so that the class stays one.
    byte[] other = ("synchronous=" + synchronous + "   ").getBytes(StandardCharsets.US_ASCII);
    jvm.addTransformer(
        new ClassFileTransformer() {
          @Override
          public byte @Nullable [] transform(
              @Nullable ClassLoader loader,
              String name,
              @Nullable Class<?> before,
              @Nullable ProtectionDomain domain,
              byte[] bytes) {
            return name.startsWith("io/headwater/edge/log/") ? replace(bytes, full, other) : null;
          }
        });
  }

  private static byte @Nullable [] replace(byte[] bytes, byte[] what, byte[] by) {
    boolean found = false;
    for (int i = 0; i + what.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + what.length, what, 0, what.length)) {
        System.arraycopy(by, 0, bytes, i, by.length);
        found = true;
      }
    }
    return found ? bytes : null;
  }

  /** The JVM's option that loads it; makes the jar that it names. */
  static String option(Path folder, String synchronous) throws IOException {
    Path jar = folder.resolve("unforced.jar");
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", Unforced.class.getName());
    try (OutputStream file = Files.newOutputStream(jar);
        var out = new JarOutputStream(file, manifest)) {
      for (String each : new String[] {"Unforced", "Unforced$1"}) {
        String name = Unforced.class.getPackageName().replace('.', '/') + "/" + each + ".class";
        out.putNextEntry(new JarEntry(name));
        try (InputStream in = Unforced.class.getClassLoader().getResourceAsStream(name)) {
          if (in == null) {
            throw new IllegalStateException("no class " + name);
          }
          in.transferTo(out);
        }
        out.closeEntry();
      }
    }
    return "-javaagent:" + jar + "=" + synchronous;
  }
}
