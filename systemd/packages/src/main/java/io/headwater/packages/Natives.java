package io.headwater.packages;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which native code is for whom: libraries bring it for dozens of machines.
 *
 * <p>They say by folder or file name what it is for, each in its own way: {@code
 * org/sqlite/native/Linux/x86_64/}, {@code linux/amd64/}, {@code com/sun/jna/linux-x86-64/}, {@code
 * lib/aarch64/} (Pi4J), {@code librocksdbjni-linux64.so}.
 */
final class Natives {
  /** These two would be unpacked into the folder for temporary files at each start. */
  private static final Pattern PLACED =
      Pattern.compile(
          "(?:org/sqlite/native/Linux|linux)/(x86_64|amd64|aarch64)/(libsqlitejdbc|libzstd-jni).*\\.so");

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

  /**
   * Where native code lies that its library can be told of, below a package's folder {@code
   * native}: {@code aarch64/libsqlitejdbc.so}. Of others, and of what is no native code: empty.
   */
  static Optional<String> placed(String entry) {
    Matcher found = PLACED.matcher(entry);
    return found.matches()
        ? Optional.of(
            (found.group(1).equals("aarch64") ? "aarch64" : "amd64") + "/" + found.group(2) + ".so")
        : Optional.empty();
  }
}
