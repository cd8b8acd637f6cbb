package io.headwater.edge;

import io.headwater.process.BackupCommand;
import picocli.CommandLine.Command;

/** The command {@code headwater edge backup}. */
@Command(name = "backup")
final class EdgeBackupCommand extends BackupCommand {
  private EdgeBackupCommand() {
    super("edge");
  }
}
