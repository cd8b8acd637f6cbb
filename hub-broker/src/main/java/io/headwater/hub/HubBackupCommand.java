package io.headwater.hub;

import io.headwater.process.BackupCommand;
import io.headwater.process.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/** The command {@code headwater hub backup}. */
@Command(name = "backup")
final class HubBackupCommand extends BackupCommand {
  private HubBackupCommand() {
    super("hub");
  }

  @Override
  protected void check(Path folder) {
    if (Files.isDirectory(folder.resolve(Hub.BOOKIE_FOLDER))) {
      throw UserError.failure(
          folder
              + " is of a cluster's node: what it has is on the other nodes as well, and fits only"
              + " what they have now. Replace a lost node as docs/operations.md says; against the"
              + " loss of all, mirror the topics to another cluster");
    }
  }
}
