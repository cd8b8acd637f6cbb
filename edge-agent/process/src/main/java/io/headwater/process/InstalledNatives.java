package io.headwater.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Native code of an installation, as a package has it: {@code native/ARCHITECTURE/libNAME.so} below
 * the folder that the launcher names by {@code HEADWATER_HOME}. Libraries that are not told of it
 * unpack their own into the folder for temporary files at each start, which takes time and room
 * that may not be there.
 */
public final class InstalledNatives {
  private InstalledNatives() {}

  /** Tells SQLite's and Zstandard's libraries; to be called before these are used. */
  public static void use() {
    use(System.getenv());
  }

  static void use(Map<String, String> environment) {
    String home = environment.getOrDefault("HEADWATER_HOME", "");
    if (home.isEmpty()) {
      return;
    }
    Path natives = Path.of(home, "native", System.getProperty("os.arch"));
    if (Files.exists(natives.resolve("libsqlitejdbc.so"))) {
      System.setProperty("org.sqlite.lib.path", natives.toString());
    }
    Path zstd = natives.resolve("libzstd-jni.so");
    if (Files.exists(zstd)) {
      System.setProperty("ZstdNativePath", zstd.toString());
    }
  }
}
