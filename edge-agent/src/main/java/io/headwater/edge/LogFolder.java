package io.headwater.edge;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that says which log is meant. */
final class LogFolder {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The agent's data folder. Default: ${DEFAULT-VALUE}.")
  private Path data = EdgeConfig.DEFAULTS.data();

  Path path() {
    return data.resolve(EdgeAgent.LOG_FOLDER);
  }
}
