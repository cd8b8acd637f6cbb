package io.headwater.hub;

import io.headwater.process.RestoreCommand;
import picocli.CommandLine.Command;

/** The command {@code headwater hub restore}. */
@Command(name = "restore")
final class HubRestoreCommand extends RestoreCommand {
  private HubRestoreCommand() {
    super("hub");
  }
}
