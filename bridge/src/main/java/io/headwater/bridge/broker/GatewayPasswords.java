package io.headwater.bridge.broker;

import io.headwater.process.PasswordFile;
import io.headwater.process.UserError;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names and hashed passwords of gateways, in a {@link PasswordFile} that is read again when it has
 * changed. Thread-safe.
 */
public final class GatewayPasswords {
  private static final Logger LOGGER = LoggerFactory.getLogger(GatewayPasswords.class);

  /** What a file said when it was read. */
  private record Loaded(long size, long modifiedMillis, PasswordFile passwords) {}

  private final Path file;
  private volatile Loaded loaded;

  /**
   * Reads the file.
   *
   * @throws UserError if it cannot be used
   */
  public GatewayPasswords(Path file) {
    this.file = file;
    try {
      loaded = load();
    } catch (IOException e) {
      throw UserError.usage("gateways-file: cannot use " + file + ": " + e);
    }
  }

  private Loaded load() throws IOException {
    long modified = Files.getLastModifiedTime(file).toMillis();
    PasswordFile passwords =
        PasswordFile.read(
            "gateways-file", file, UplinkTopics::isGateway, "headwater bridge password");
    return new Loaded(Files.size(file), modified, passwords);
  }

  private PasswordFile passwords() {
    Loaded now = loaded;
    try {
      if (Files.size(file) != now.size()
          || Files.getLastModifiedTime(file).toMillis() != now.modifiedMillis()) {
        now = load();
        loaded = now;
      }
    } catch (IOException | UserError e) {
      // Half-written or gone for a moment: what was known stays.
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("The gateways file is not read");
    }
    return now.passwords();
  }

  boolean matches(String gateway, byte[] password) {
    return passwords().matches(gateway, password);
  }
}
