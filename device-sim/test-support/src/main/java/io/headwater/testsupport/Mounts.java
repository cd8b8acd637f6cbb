package io.headwater.testsupport;

import java.io.IOException;

/** Runs the programs that make and mount file systems. */
final class Mounts {
  private Mounts() {}

  /** Returns the exit code; what it prints is nobody's business. */
  static int run(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
