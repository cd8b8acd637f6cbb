package io.headwater.testsupport;

import java.nio.file.Path;
import java.util.Map;

/** Starts Headwater's own processes through its launcher, as users do. */
public final class Headwater {
  private Headwater() {}

  /** The project's root folder, where the launcher lies. */
  public static Path home() {
    String home = System.getProperty("headwater.home");
    if (home == null) {
      throw new AssertionError("the system property headwater.home is not set by the build");
    }
    return Path.of(home);
  }

  /**
   * Starts {@code headwater <arguments>}; the modules it needs must have been packaged.
   *
   * @param workFolder holds the output file; usually the test's temporary folder
   */
  public static ChildProcess start(Path workFolder, String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = home().resolve("headwater").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    // The launcher must not start a build of its own inside a build.
    return ChildProcess.start(workFolder, Map.of("HEADWATER_BUILD", "never"), command);
  }

  /** Starts a hub on free ports, with its data in the folder's {@code hub}. */
  public static ChildProcess startHub(Path workFolder) {
    return start(
        workFolder,
        "hub",
        "--data=" + workFolder.resolve("hub"),
        "--port=0",
        "--set=http=127.0.0.1:0",
        "--set=zookeeper=127.0.0.1:0");
  }
}
