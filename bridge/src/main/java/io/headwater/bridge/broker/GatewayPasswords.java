package io.headwater.bridge.broker;

import io.headwater.process.UserError;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names and hashed passwords of gateways, in the format of {@code mosquitto_passwd}: {@code
 * name:$7$iterations$salt$hash}, PBKDF2 with HMAC-SHA-512. Read again when the file has changed.
 * Thread-safe.
 */
public final class GatewayPasswords {
  private static final Logger LOGGER = LoggerFactory.getLogger(GatewayPasswords.class);

  /** Passwords that are drawn need no slow hash; typed ones get some. */
  private static final int ITERATIONS = 1_000;

  private static final int MOST_ITERATIONS = 1_000_000;
  private static final int SALT_BYTES = 12;
  private static final int HASH_BYTES = 64;

  /** What a file said when it was read. */
  private record Loaded(long size, long modifiedMillis, Map<String, String> hashes) {}

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
    var hashes = new HashMap<String, String>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? line : line.substring(0, colon);
      if (colon < 0 || !UplinkTopics.isGateway(name) || !isHash(line.substring(colon + 1))) {
        throw UserError.usage(
            "gateways-file: line "
                + number
                + " of "
                + file
                + " is not 'gateway:$7$iterations$salt$hash'; make it by headwater bridge password"
                + " or mosquitto_passwd");
      }
      hashes.put(name, line.substring(colon + 1).strip());
    }
    return new Loaded(Files.size(file), modified, Map.copyOf(hashes));
  }

  private static boolean isHash(String text) {
    return text.strip().matches("\\$7\\$[0-9]{1,7}\\$[A-Za-z0-9+/=]+\\$[A-Za-z0-9+/=]+");
  }

  private Map<String, String> hashes() {
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
    return now.hashes();
  }

  boolean matches(String gateway, byte[] password) {
    String stored = hashes().get(gateway);
    if (stored == null || password.length == 0) {
      return false;
    }
    String[] parts = stored.split("\\$", -1); // "", "7", iterations, salt, hash
    try {
      int iterations = Math.clamp(Integer.parseInt(parts[2]), 1, MOST_ITERATIONS);
      byte[] salt = Base64.getDecoder().decode(parts[3]);
      byte[] hash = Base64.getDecoder().decode(parts[4]);
      return MessageDigest.isEqual(hash, hash(password, salt, iterations, hash.length));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      LOGGER.atWarn().addKeyValue("gateway", gateway).setCause(e).log("A hash is not usable");
      return false;
    }
  }

  private static byte[] hash(byte[] password, byte[] salt, int iterations, int bytes)
      throws GeneralSecurityException {
    var characters = new String(password, StandardCharsets.UTF_8).toCharArray();
    return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
        .generateSecret(new PBEKeySpec(characters, salt, iterations, bytes * Byte.SIZE))
        .getEncoded();
  }

  /** The line of a gateway for such a file. */
  public static String line(String gateway, String password) {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    try {
      byte[] hash = hash(password.getBytes(StandardCharsets.UTF_8), salt, ITERATIONS, HASH_BYTES);
      var base64 = Base64.getEncoder();
      return gateway
          + ":$7$"
          + ITERATIONS
          + "$"
          + base64.encodeToString(salt)
          + "$"
          + base64.encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("PBKDF2 is missing", e);
    }
  }
}
