package io.headwater.edge;

import io.headwater.process.RestoreCommand;
import picocli.CommandLine.Command;

/** The command {@code headwater edge restore}. */
@Command(name = "restore")
final class EdgeRestoreCommand extends RestoreCommand {
  private EdgeRestoreCommand() {
    super("edge");
  }
}
