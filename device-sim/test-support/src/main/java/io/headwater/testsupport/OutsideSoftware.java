package io.headwater.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs that tests drive and Headwater does not ship: kcat, mosquitto_pub, systemd-analyze.
 *
 * <p>A test whose program is missing counts as skipped, and the end of the build lists it. With
 * {@code HEADWATER_OUTSIDE=required} in the environment it fails instead.
 */
public final class OutsideSoftware {
  private OutsideSoftware() {}

  /** The program's path; ends the calling test, skipped or failed, when it is not installed. */
  public static Path find(String program) {
    Optional<Path> found = lookUp(program);
    if (found.isEmpty()) {
      doWithout(program);
    }
    return found.orElseThrow();
  }

  /** Ends the calling test, skipped or failed, for want of what it names. */
  public static void doWithout(String what) {
    if ("required".equals(System.getenv("HEADWATER_OUTSIDE"))) {
      Assertions.fail(
          what + " is not installed, and HEADWATER_OUTSIDE=required forbids to go without it");
    }
    leaveOut(what);
  }

  /**
   * Ends the calling test, skipped and listed as such, for want of what nobody can install: a right
   * or a device that the machine's kernel does not give.
   */
  public static void leaveOut(String what) {
    recordNotRun(what);
    Assumptions.abort("not run: " + what);
  }

  private static Optional<Path> lookUp(String program) {
    // Servers lie where only root looks by itself.
    String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder, program);
      if (Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** One small file per program below the root's target folder, read by the last module's build. */
  private static void recordNotRun(String program) {
    String home = System.getProperty("headwater.home");
    if (home == null) {
      return;
    }
    try {
      Path list = Files.createDirectories(Path.of(home, "target", "not-run")).resolve(program);
      Files.writeString(
          list, program, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
