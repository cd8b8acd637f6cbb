package io.headwater.edge.access;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Remembers for some minutes which passwords were right, so that a fleet that comes back does not
 * cost a slow hash each. Holds keyed hashes only, by a key that nobody else has. Thread-safe.
 *
 * <p>Wrong ones are not remembered: whoever guesses could push out the right ones.
 */
final class PasswordMemory {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int MOST = 10_000;

  private final SecretKeySpec key;
  private final long nanos;
  private final LongSupplier clock;

  // Guarded by this; the oldest first.
  private final Map<String, Long> until =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MOST;
        }
      };

  /**
   * @param clock nanoseconds of {@link System#nanoTime}
   */
  PasswordMemory(Duration time, LongSupplier clock) {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.key = new SecretKeySpec(random, ALGORITHM);
    this.nanos = time.toNanos();
    this.clock = clock;
  }

  /**
   * What is remembered of a login.
   *
   * @param stored the hash in the file: with another one there, nothing is remembered
   */
  String token(String user, String stored, byte[] password) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      for (String text : new String[] {user, stored}) {
        mac.update(text.getBytes(StandardCharsets.UTF_8));
        mac.update((byte) 0); // in neither of the two
      }
      return Base64.getEncoder().encodeToString(mac.doFinal(password));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(ALGORITHM + " is missing", e);
    }
  }

  synchronized boolean knows(String token) {
    Long end = until.get(token);
    return end != null && clock.getAsLong() - end < 0;
  }

  synchronized void remember(String token) {
    until.remove(token); // so that it counts as the newest
    until.put(token, clock.getAsLong() + nanos);
  }
}
