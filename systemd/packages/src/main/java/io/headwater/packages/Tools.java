package io.headwater.packages;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs other programs. */
final class Tools {
  private Tools() {}

  /** Returns what it printed; throws, with that, if it fails. */
  static String run(List<String> line) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException(line.getFirst() + " ended with " + code + ":\n" + output);
    }
    return output;
  }
}
