package io.headwater.packages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Of which packages a runtime needs libraries: one vendor's JDK brings zlib and the C++ library and
 * was built where the C library was old, another's takes what its distribution has.
 */
final class SystemLibraries {
  /**
   * Native code in jars is built for it; those whose runtime wants less must have it all the same.
   */
  private static final String OLDEST_LIBC = "2.17";

  private static final Pattern LIBC =
      Pattern.compile("(libc|libm|libdl|librt|libpthread|ld-linux-.*)\\.so\\..*");
  private static final Pattern LIBC_VERSION = Pattern.compile("GLIBC_([0-9]+\\.[0-9]+).*");
  private static final Map<String, String> OTHERS =
      Map.of(
          "libgcc_s.so.1", "libgcc-s1",
          "libstdc++.so.6", "libstdc++6",
          "libz.so.1", "zlib1g");

  private SystemLibraries() {}

  /** As it stands in {@code Depends}. */
  static String neededBy(Path runtime) throws IOException {
    var own = new TreeSet<String>();
    var files = new ArrayList<ElfFile>();
    try (Stream<Path> all = Files.walk(runtime)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (ElfFile.isOne(file)) {
          own.add(file.getFileName().toString());
          files.add(ElfFile.read(file));
        }
      }
    }
    return Stream.concat(
            Stream.of("libc6 (>= " + libcVersion(files) + ")"), otherPackages(files, own).stream())
        .collect(Collectors.joining(", "));
  }

  private static String libcVersion(List<ElfFile> files) {
    return Stream.concat(
            Stream.of(OLDEST_LIBC),
            files.stream()
                .flatMap(file -> file.versions().values().stream())
                .flatMap(Set::stream)
                .map(LIBC_VERSION::matcher)
                .filter(version -> version.matches())
                .map(version -> version.group(1)))
        .max(Comparator.comparing(Runtime.Version::parse))
        .orElseThrow();
  }

  private static Set<String> otherPackages(List<ElfFile> files, Set<String> own) {
    var packages = new TreeSet<String>();
    for (ElfFile file : files) {
      for (String library : file.needed()) {
        if (own.contains(library) || LIBC.matcher(library).matches()) {
          continue;
        }
        String known = OTHERS.get(library);
        if (known == null) {
          throw new IllegalStateException(
              "the runtime needs " + library + ": name Debian's package of it in SystemLibraries");
        }
        packages.add(known);
      }
    }
    return packages;
  }
}
