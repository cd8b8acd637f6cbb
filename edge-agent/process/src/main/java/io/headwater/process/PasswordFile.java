package io.headwater.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Names and hashed passwords, as a file of {@code mosquitto_passwd} holds them: lines {@code
 * name:hash}, where a hash is a {@link PasswordHash}, that tool's own or one of bcrypt; lines that
 * are empty or begin with # say nothing. Immutable.
 */
public final class PasswordFile {
  /** Passwords that are drawn need no slow hash; typed ones get some. */
  private static final int ITERATIONS = 1_000;

  private static final int SALT_BYTES = 12;
  private static final int DRAWN_BYTES = 18;
  private static final Set<PosixFilePermission> OF_A_NEW_FILE =
      PosixFilePermissions.fromString("rw-r-----");

  private final Map<String, String> texts;
  private final Map<String, PasswordHash> hashes;
  private final PasswordHash decoy;

  private PasswordFile(Map<String, String> texts, Map<String, PasswordHash> hashes) {
    this.texts = Map.copyOf(texts);
    this.hashes = Map.copyOf(hashes);
    this.decoy =
        hashes.values().stream()
            .findFirst()
            .orElseGet(() -> new PasswordHash.Pbkdf2(1, new byte[1], new byte[1]));
  }

  /**
   * Reads a file.
   *
   * @param option what users know it by, {@code access.password-file}
   * @param isName which names may stand in it
   * @param command that makes such lines
   * @throws UserError that names the file and the line
   */
  public static PasswordFile read(
      String option, Path file, Predicate<String> isName, String command) {
    var texts = new HashMap<String, String>();
    var hashes = new HashMap<String, PasswordHash>();
    int number = 0;
    for (String line : lines(option, file)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? line : line.substring(0, colon);
      String text = line.substring(colon + 1).strip();
      Optional<PasswordHash> hash =
          colon < 0 ? Optional.empty() : parse(option, file, number, text);
      if (!isName.test(name) || hash.isEmpty()) {
        throw UserError.usage(
            option
                + ": line "
                + number
                + " of "
                + file
                + " is not 'name:$7$iterations$salt$hash', nor a bcrypt hash; make it by "
                + command
                + " or mosquitto_passwd");
      }
      texts.put(name, text);
      hashes.put(name, hash.get());
    }
    return new PasswordFile(texts, hashes);
  }

  private static List<String> lines(String option, Path file) {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw UserError.usage(option + ": cannot use " + file + ": no such file");
    } catch (IOException e) {
      throw UserError.usage(option + ": cannot use " + file + ": " + e);
    }
  }

  private static Optional<PasswordHash> parse(String option, Path file, int number, String text) {
    try {
      return PasswordHash.parse(text);
    } catch (IllegalArgumentException e) {
      throw UserError.usage(option + ": line " + number + " of " + file + " " + e.getMessage());
    }
  }

  /** The hash that a name has in the file, as it stands there. */
  public Optional<String> hash(String name) {
    return Optional.ofNullable(texts.get(name));
  }

  /**
   * Whether it is the name's password. Slow on purpose, and for an unknown name as slow as for a
   * known one.
   */
  public boolean matches(String name, byte[] password) {
    if (password.length == 0) {
      return false;
    }
    PasswordHash stored = hashes.get(name);
    PasswordHash against = stored == null ? decoy : stored;
    return against.matches(password) && stored != null;
  }

  /** A password that nobody can guess, of 24 letters, digits, '-' and '_'. */
  public static String draw() {
    byte[] random = new byte[DRAWN_BYTES];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().encodeToString(random);
  }

  /** The line of a name for such a file. */
  public static String line(String name, byte[] password) {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    return name + ":" + PasswordHash.Pbkdf2.make(password, salt, ITERATIONS).text();
  }

  /**
   * Puts a name's line into a file, in place of the one that it has there; makes the file where it
   * is missing. Readers see the old file or the new one.
   */
  public static void put(Path file, String name, byte[] password) throws IOException {
    List<String> lines = without(file, name);
    lines.add(line(name, password));
    replace(file, lines);
  }

  /** Takes a name out of a file; false if it is not there. */
  public static boolean remove(Path file, String name) throws IOException {
    List<String> lines = without(file, name);
    if (!Files.exists(file) || lines.size() == Files.readAllLines(file).size()) {
      return false;
    }
    replace(file, lines);
    return true;
  }

  private static List<String> without(Path file, String name) throws IOException {
    var lines = new ArrayList<>(Files.exists(file) ? Files.readAllLines(file) : List.<String>of());
    lines.removeIf(line -> line.startsWith(name + ":"));
    return lines;
  }

  /** Whoever could read the old file can read the new one. */
  private static void replace(Path file, List<String> lines) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(next);
    Files.createFile(next, PosixFilePermissions.asFileAttribute(OF_A_NEW_FILE));
    Files.write(next, lines);
    if (Files.exists(file)) {
      PosixFileAttributes old = Files.readAttributes(file, PosixFileAttributes.class);
      var fresh = Files.getFileAttributeView(next, PosixFileAttributeView.class);
      if (!fresh.readAttributes().owner().equals(old.owner())) {
        fresh.setOwner(old.owner());
      }
      if (!fresh.readAttributes().group().equals(old.group())) {
        fresh.setGroup(old.group());
      }
      fresh.setPermissions(old.permissions());
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
