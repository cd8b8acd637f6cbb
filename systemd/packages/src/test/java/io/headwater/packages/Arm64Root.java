package io.headwater.packages;

import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder with the libraries and the JDK of a Debian for arm64, and qemu that runs its programs
 * here. Nothing of it is installed: packages are only fetched and unpacked, their scripts do not
 * run, and no root is needed.
 */
final class Arm64Root {
  /** Bookworm, where the other tests' machine is from, has no Java 25. */
  private static final String RELEASE = "trixie";

  private static final String KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

  /**
   * A Raspberry Pi 4's. The emulator's own choice has all that there is; it would spend most of its
   * time on signing return addresses, which Debian's libraries do where they can.
   */
  private static final String PROCESSOR = "cortex-a72";

  private final Path folder;
  private final Path config;
  private final Path qemu;

  private Arm64Root(Path folder, Path config, Path qemu) {
    this.folder = folder;
    this.config = config;
    this.qemu = qemu;
  }

  /** Fetches one; ends the calling test, skipped or failed, where that cannot be. */
  static Arm64Root fetch(Path folder) throws IOException, InterruptedException {
    Path qemu = OutsideSoftware.find("qemu-aarch64-static");
    OutsideSoftware.find("apt-get");
    OutsideSoftware.find("dpkg-deb");
    if (!Files.exists(Path.of(KEYS))) {
      OutsideSoftware.doWithout("debian-archive-keyring");
    }
    Path config = configureApt(Files.createDirectories(folder.resolve("apt")));
    var root = new Arm64Root(Files.createDirectories(folder.resolve("root")), config, qemu);
    Path debs = Files.createDirectories(folder.resolve("debs"));
    root.apt(debs, "apt-get", "--quiet", "update");
    root.apt(
        debs,
        "apt-get",
        "--quiet",
        "download",
        "libc6",
        "libgcc-s1",
        "libstdc++6",
        "zlib1g",
        "openjdk-25-jre-headless",
        "openjdk-25-jdk-headless");
    root.unpack(debs);
    return root;
  }

  /** An apt of its own, that looks into no list of this machine's. */
  private static Path configureApt(Path apt) throws IOException, InterruptedException {
    Files.createDirectories(apt.resolve("state/lists/partial"));
    Files.createDirectories(apt.resolve("cache/archives/partial"));
    Files.createFile(apt.resolve("state/status"));
    Files.writeString(
        apt.resolve("sources.list"),
        "deb [signed-by=%s] %s %s main%n".formatted(KEYS, mirror(), RELEASE));
    return Files.writeString(
        apt.resolve("apt.conf"),
        """
        APT::Architecture "arm64";
        APT::Architectures {"arm64";};
        APT::Sandbox::User "";
        Acquire::Languages "none";
        Dir::State "%1$s/state";
        Dir::State::status "%1$s/state/status";
        Dir::Cache "%1$s/cache";
        Dir::Etc::sourcelist "%1$s/sources.list";
        Dir::Etc::sourceparts "/dev/null";
        Dir::Etc::preferencesparts "/dev/null";
        """
            .formatted(apt));
  }

  /** The one that this machine's packages come from. */
  private static String mirror() throws IOException, InterruptedException {
    return Tools.run(List.of("apt-get", "indextargets", "--format", "$(SITE)"))
        .lines()
        .filter(site -> site.matches(".*/debian/?"))
        .findFirst()
        .orElseThrow(() -> new IOException("apt knows no mirror of Debian on this machine"));
  }

  private String apt(Path into, String... command) throws IOException, InterruptedException {
    var line = new ArrayList<String>();
    line.addAll(List.of("env", "--chdir=" + into, "APT_CONFIG=" + config, "timeout", "180"));
    line.addAll(List.of(command));
    return Tools.run(line);
  }

  private void unpack(Path debs) throws IOException, InterruptedException {
    try (Stream<Path> all = Files.list(debs)) {
      for (Path deb : all.toList()) {
        Tools.run(List.of("dpkg-deb", "--extract", deb.toString(), folder.toString()));
        Files.delete(deb);
      }
    }
    // The loader is asked for there; a package that is not fetched has the link.
    Files.createSymbolicLink(folder.resolve("lib"), Path.of("usr/lib"));
  }

  /** The JDK, with jmods. */
  Path jdk() {
    return folder.resolve("usr/lib/jvm/java-25-openjdk-arm64");
  }

  Path qemu() {
    return qemu;
  }

  /** What Debian's own tools have found that its Java depends on. */
  String javaDepends() throws IOException, InterruptedException {
    return apt(folder, "apt-cache", "show", "--no-all-versions", "openjdk-25-jre-headless")
        .lines()
        .filter(line -> line.startsWith("Depends: "))
        .findFirst()
        .orElseThrow();
  }

  /** Has emulated programs see a file with this text; others do not see it. */
  void makeUp(String path, String text) throws IOException {
    Path file = folder.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /**
   * Puts a script in a program's place, that runs it emulated: nothing has to be told to the
   * kernel, which would be for the whole machine.
   */
  void emulate(Path program) throws IOException {
    Path moved = program.resolveSibling(program.getFileName() + ".arm64");
    Files.move(program, moved);
    Files.writeString(
        program,
        "#!/bin/sh%nexec '%s' -cpu %s -L '%s' '%s' \"$@\"%n"
            .formatted(qemu, PROCESSOR, folder, moved));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
