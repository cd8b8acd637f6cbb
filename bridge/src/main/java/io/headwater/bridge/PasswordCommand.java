package io.headwater.bridge;

import io.headwater.bridge.broker.GatewayPasswords;
import io.headwater.process.UserError;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code headwater bridge password}. */
@Command(
    name = "password",
    description =
        "Draws a password for a gateway, prints it, and puts its hash into the gateways file. The"
            + " file suits Mosquitto's password_file too.")
final class PasswordCommand implements Callable<Integer> {
  @Parameters(paramLabel = "GATEWAY", description = "The gateway's name.")
  private String gateway = "";

  @Option(
      names = "--file",
      required = true,
      paramLabel = "FILE",
      description = "The bridge's access.gateways-file; made where it is missing.")
  private Path file = Path.of("gateways");

  @Option(names = "--remove", description = "Takes the gateway out of the file.")
  private boolean remove;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Override
  @SuppressWarnings("SystemOut") // the password is this command's output
  public Integer call() {
    if (!UplinkTopics.isGateway(gateway)) {
      throw UserError.usage(
          "gateway '" + gateway + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
    }
    try {
      List<String> before = Files.exists(file) ? Files.readAllLines(file) : List.of();
      var lines = new ArrayList<>(before);
      boolean known = lines.removeIf(line -> line.startsWith(gateway + ":"));
      if (remove && !known) {
        throw UserError.failure("gateway " + gateway + " is not in " + file);
      }
      String password = draw();
      if (!remove) {
        lines.add(GatewayPasswords.line(gateway, password));
      }
      Path next = file.resolveSibling(file.getFileName() + ".new");
      Files.write(next, lines);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      if (!remove) {
        System.out.println(password);
      }
      return 0;
    } catch (IOException e) {
      throw UserError.failure("cannot write " + file + ": " + e, e);
    }
  }

  private static String draw() {
    byte[] random = new byte[18];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().encodeToString(random);
  }
}
