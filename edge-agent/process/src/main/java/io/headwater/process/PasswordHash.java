package io.headwater.process;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A hash as it stands in a password file, taken apart. */
sealed interface PasswordHash {
  /** Whether it is the password's. Slow on purpose. */
  boolean matches(byte[] password);

  /**
   * Takes one apart; empty if it is none of those that are known.
   *
   * @throws IllegalArgumentException that says what keeps a known one from being used
   */
  static Optional<PasswordHash> parse(String text) {
    Optional<PasswordHash> pbkdf2 = Pbkdf2.parse(text);
    return pbkdf2.isPresent() ? pbkdf2 : Bcrypt.parse(text);
  }

  /**
   * {@code $7$iterations$salt$hash}, PBKDF2 with HMAC-SHA-512 over 64 bytes, salt and hash in
   * Base64.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  record Pbkdf2(int iterations, byte[] salt, byte[] hash) implements PasswordHash {
    private static final int MOST_ITERATIONS = 1_000_000;
    private static final int HASH_BYTES = 64;
    private static final String ALGORITHM = "HmacSHA512";
    private static final Pattern TEXT =
        Pattern.compile("\\$7\\$([0-9]{1,7})\\$([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+)");

    private static Optional<PasswordHash> parse(String text) {
      Matcher parts = TEXT.matcher(text);
      if (!parts.matches()) {
        return Optional.empty();
      }
      try {
        int iterations = Integer.parseInt(parts.group(1));
        byte[] salt = Base64.getDecoder().decode(parts.group(2));
        byte[] hash = Base64.getDecoder().decode(parts.group(3));
        return iterations < 1 || iterations > MOST_ITERATIONS || hash.length != HASH_BYTES
            ? Optional.empty()
            : Optional.of(new Pbkdf2(iterations, salt, hash));
      } catch (IllegalArgumentException _) {
        return Optional.empty(); // not Base64
      }
    }

    static Pbkdf2 make(byte[] password, byte[] salt, int iterations) {
      return new Pbkdf2(iterations, salt, compute(password, salt, iterations));
    }

    String text() {
      var base64 = Base64.getEncoder();
      return "$7$"
          + iterations
          + "$"
          + base64.encodeToString(salt)
          + "$"
          + base64.encodeToString(hash);
    }

    @Override
    public boolean matches(byte[] password) {
      return MessageDigest.isEqual(compute(password, salt, iterations), hash);
    }

    /** RFC 8018, for a key of one block. The JDK's own takes only passwords that are text. */
    private static byte[] compute(byte[] password, byte[] salt, int iterations) {
      try {
        Mac mac = Mac.getInstance(ALGORITHM);
        mac.init(new SecretKeySpec(password, ALGORITHM));
        mac.update(salt);
        byte[] last = mac.doFinal(new byte[] {0, 0, 0, 1});
        byte[] key = last.clone();
        for (int i = 1; i < iterations; i++) {
          last = mac.doFinal(last);
          for (int b = 0; b < key.length; b++) {
            key[b] ^= last[b];
          }
        }
        return key;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(ALGORITHM + " is missing", e);
      }
    }
  }

  /**
   * {@code $2a$}, {@code $2b$} or {@code $2y$}, cost, salt and hash, as other software makes it.
   */
  record Bcrypt(String text) implements PasswordHash {
    /** Some 0.2 s on a desktop, seconds on a small device: more would hold up all logins. */
    private static final int MOST_COST = 12;

    private static final int LEAST_COST = 4;
    private static final Pattern TEXT =
        Pattern.compile("\\$2[aby]\\$([0-9]{2})\\$[./A-Za-z0-9]{53}");

    /** As everywhere, of a password only the first 72 bytes count. */
    private static final BCrypt.Verifyer VERIFIER =
        BCrypt.verifyer(
            BCrypt.Version.VERSION_2A, LongPasswordStrategies.truncate(BCrypt.Version.VERSION_2A));

    private static Optional<PasswordHash> parse(String text) {
      Matcher parts = TEXT.matcher(text);
      if (!parts.matches()) {
        return Optional.empty();
      }
      int cost = Integer.parseInt(parts.group(1));
      if (cost < LEAST_COST || cost > MOST_COST) {
        throw new IllegalArgumentException(
            "has a bcrypt hash of cost "
                + cost
                + ", not "
                + LEAST_COST
                + " to "
                + MOST_COST
                + ": each login would keep a small device busy for seconds");
      }
      return Optional.of(new Bcrypt(text));
    }

    @Override
    public boolean matches(byte[] password) {
      return VERIFIER.verify(password, text.getBytes(StandardCharsets.US_ASCII)).verified;
    }
  }
}
