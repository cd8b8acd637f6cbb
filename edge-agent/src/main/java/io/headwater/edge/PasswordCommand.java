package io.headwater.edge;

import io.headwater.edge.access.AccessPolicy;
import io.headwater.process.PasswordFileCommand;
import io.headwater.process.UserError;
import picocli.CommandLine.Command;

/** The command {@code headwater edge password}. */
@Command(
    name = "password",
    description =
        "Draws a password for a user, prints it, and puts its hash into the agent's"
            + " access.password-file, which may also come from mosquitto_passwd. A running agent"
            + " takes it by 'headwater edge reload'.")
final class PasswordCommand extends PasswordFileCommand {
  PasswordCommand() {
    super("user");
  }

  @Override
  protected void check(String user) {
    if (!AccessPolicy.isUser(user)) {
      throw UserError.usage(
          "user '" + user + "' is not 1 to 255 characters without ':' and not begun with '#'");
    }
  }
}
