package io.headwater.bridge;

import io.headwater.process.PasswordFileCommand;
import io.headwater.process.UserError;
import io.headwater.uplink.UplinkTopics;
import picocli.CommandLine.Command;

/** The command {@code headwater bridge password}. */
@Command(
    name = "password",
    description =
        "Draws a password for a gateway, prints it, and puts its hash into the bridge's"
            + " access.gateways-file. The file suits Mosquitto's password_file too.")
final class PasswordCommand extends PasswordFileCommand {
  PasswordCommand() {
    super("gateway");
  }

  @Override
  protected void check(String gateway) {
    if (!UplinkTopics.isGateway(gateway)) {
      throw UserError.usage(
          "gateway '" + gateway + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
    }
  }
}
