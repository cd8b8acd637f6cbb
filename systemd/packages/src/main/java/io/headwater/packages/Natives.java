package io.headwater.packages;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Locale;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;

/**
 * Copies jars without the native code of other machines: libraries bring it for dozens.
 *
 * <p>They say by folder or file name what it is for, each in its own way: {@code
 * org/sqlite/native/Linux/x86_64/}, {@code linux/amd64/}, {@code com/sun/jna/linux-x86-64/}, {@code
 * lib/aarch64/} (Pi4J), {@code librocksdbjni-linux64.so}.
 */
final class Natives {
  private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib|a)");

  /** An architecture by the names that it goes by; Linux with glibc only. */
  enum Machine {
    AMD64("amd64|x86_64|x86-64|linux64"),
    ARM64("aarch64|arm64");

    private final Pattern names;

    Machine(String names) {
      this.names = Pattern.compile(".*(" + names + ").*");
    }

    /** Debian's name for it. */
    String debian() {
      return name().toLowerCase(Locale.ROOT);
    }

    private boolean isFor(String entry) {
      return names.matcher(entry).matches();
    }
  }

  private Natives() {}

  /** Whether an entry of a jar is native code. */
  static boolean isNative(String entry) {
    return NATIVE.matcher(entry).matches();
  }

  /** Whether an entry of a jar that is native code is for one of the machines. */
  static boolean isWanted(String entry, Set<Machine> machines) {
    String name = entry.toLowerCase(Locale.ROOT);
    // Pi4J has Linux only, and does not say so.
    boolean isLinux = name.contains("linux") || name.startsWith("lib/");
    return isLinux
        && !name.contains("musl")
        && !name.contains("android")
        && machines.stream().anyMatch(machine -> machine.isFor(name));
  }

  /** Copies a jar. One without unwanted entries stays as it is, byte for byte. */
  static void copy(Path jar, Path to, Set<Machine> machines) throws IOException {
    try (var from = new JarFile(jar.toFile(), false)) {
      if (from.stream().allMatch(entry -> stays(entry, machines))) {
        Files.copy(jar, to);
        return;
      }
      // Not by its JarOutputStream(…, Manifest): entries stay in their order.
      try (var out = new JarOutputStream(Files.newOutputStream(to))) {
        for (Enumeration<JarEntry> all = from.entries(); all.hasMoreElements(); ) {
          JarEntry entry = all.nextElement();
          if (stays(entry, machines)) {
            var copy = new JarEntry(entry.getName());
            copy.setTimeLocal(entry.getTimeLocal());
            out.putNextEntry(copy);
            try (InputStream content = from.getInputStream(entry)) {
              content.transferTo(out);
            }
            out.closeEntry();
          }
        }
      }
    }
  }

  private static boolean stays(JarEntry entry, Set<Machine> machines) {
    return !isNative(entry.getName()) || isWanted(entry.getName(), machines);
  }
}
