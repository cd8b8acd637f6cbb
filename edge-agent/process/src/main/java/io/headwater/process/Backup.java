package io.headwater.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A data folder in one zip file, which has the checksums of all that is in it in its last entry.
 *
 * <p>A folder is backed up while no process has it: only then its files belong together. A backup
 * is read again before it gets its name, and before anything of it is restored.
 */
public final class Backup {
  private static final String CONTENTS = "headwater-backup.json";
  private static final String LOCK = ".headwater.lock";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Readings are not for everybody on the machine. */
  private static final Set<PosixFilePermission> MINE = PosixFilePermissions.fromString("rw-------");

  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwxr-x---");

  /**
   * What a backup says of itself.
   *
   * @param process whose data folder it was: {@code edge}
   * @param version that made it
   * @param folders by their paths within the folder
   */
  public record Contents(String process, String version, List<String> folders, List<Entry> files) {
    public Contents {
      folders = List.copyOf(folders);
      files = List.copyOf(files);
    }

    /** Of all files. */
    public long bytes() {
      return files.stream().mapToLong(Entry::bytes).sum();
    }
  }

  /**
   * A file.
   *
   * @param path within the folder, with slashes
   */
  public record Entry(String path, long bytes, String sha256) {}

  private Backup() {}

  /**
   * Makes one.
   *
   * @param folder which no process has
   * @param into not there yet
   * @throws UserError if that cannot be; then nothing is left of it
   */
  public static Contents write(String process, Path folder, Path into) {
    if (!Files.isDirectory(folder)) {
      throw UserError.failure("there is no data folder " + folder);
    }
    if (Files.exists(into)) {
      throw UserError.failure(into + " is there already; name another file");
    }
    Path whole = into.toAbsolutePath().normalize();
    if (whole.startsWith(folder.toAbsolutePath().normalize())) {
      throw UserError.failure(into + " is within the data folder " + folder + "; name another");
    }
    Path fresh = whole.resolveSibling(whole.getFileName() + ".new");
    try (var _ = DataFolder.lock(folder, process + " backup")) {
      LastingFolder.make(fresh.resolveSibling(".").normalize());
      Files.createFile(fresh, PosixFilePermissions.asFileAttribute(MINE));
      return fill(process, folder, fresh, whole);
    } catch (FileAlreadyExistsException e) {
      throw UserError.failure(fresh + " is left of another backup; delete it", e);
    } catch (IOException e) {
      throw UserError.failure("the backup of " + folder + " into " + into + " failed: " + e, e);
    }
  }

  /** Of a file that is this call's own, and goes again if that fails. */
  private static Contents fill(String process, Path folder, Path fresh, Path whole)
      throws IOException {
    boolean done = false;
    try {
      write(process, folder, fresh, listed(folder));
      Contents contents = verify(fresh);
      Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE);
      done = true;
      LastingFolder.force(whole.resolveSibling(".").normalize());
      return contents;
    } finally {
      if (!done) {
        deleteQuietly(fresh);
      }
    }
  }

  private static List<Path> listed(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(path -> !path.equals(folder) && !path.equals(folder.resolve(LOCK)))
          .sorted()
          .toList();
    }
  }

  private static void write(String process, Path folder, Path file, List<Path> paths)
      throws IOException {
    var folders = new ArrayList<String>();
    var files = new ArrayList<Entry>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel))) {
      for (Path path : paths) {
        String name = folder.relativize(path).toString();
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          folders.add(name);
          continue;
        }
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          throw UserError.failure(path + " is neither a file nor a folder; take it away first");
        }
        zip.putNextEntry(new ZipEntry(name));
        MessageDigest digest = sha256();
        long bytes;
        try (InputStream in = new DigestInputStream(Files.newInputStream(path), digest)) {
          bytes = in.transferTo(zip);
        }
        zip.closeEntry();
        files.add(new Entry(name, bytes, HexFormat.of().formatHex(digest.digest())));
      }
      zip.putNextEntry(new ZipEntry(CONTENTS));
      zip.write(
          JSON.writerWithDefaultPrettyPrinter()
              .writeValueAsBytes(new Contents(process, Version.current(), folders, files)));
      zip.closeEntry();
      zip.finish();
      channel.force(true);
    }
  }

  /**
   * Reads all of a backup.
   *
   * @throws UserError that names what is damaged
   */
  public static Contents verify(Path file) {
    try (var zip = new ZipFile(file.toFile())) {
      Contents contents = contents(file, zip);
      var names = new HashSet<String>();
      for (Entry entry : contents.files()) {
        names.add(entry.path());
        copy(file, zip, entry, OutputStream.nullOutputStream());
      }
      names.add(CONTENTS);
      zip.stream()
          .map(ZipEntry::getName)
          .filter(name -> !names.contains(name))
          .findFirst()
          .ifPresent(name -> {
            throw damaged(file, name + " does not belong to it");
          });
      return contents;
    } catch (ZipException e) {
      throw damaged(file, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw UserError.failure("the backup " + file + " cannot be read: " + e, e);
    }
  }

  private static Contents contents(Path file, ZipFile zip) throws IOException {
    ZipEntry entry = zip.getEntry(CONTENTS);
    if (entry == null) {
      throw UserError.failure(file + " is no backup of Headwater: it has no " + CONTENTS);
    }
    try (InputStream in = zip.getInputStream(entry)) {
      return JSON.readValue(in, Contents.class);
    } catch (JsonProcessingException e) {
      throw damaged(file, CONTENTS + ": " + e.getOriginalMessage());
    }
  }

  /**
   * Puts a backup in a folder's place.
   *
   * @param folder not there yet, or empty
   * @throws UserError if that cannot be; then the folder is as it was
   */
  public static Contents restore(String process, Path file, Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    Path fresh = whole.resolveSibling(whole.getFileName() + ".restoring");
    try {
      if (Files.exists(folder) && !isEmpty(folder)) {
        throw UserError.failure(
            "data folder " + folder + " is not empty and stays as it is; move it away first");
      }
      if (Files.exists(fresh)) {
        throw UserError.failure(fresh + " is left of another attempt; delete it");
      }
      Contents contents = verify(file);
      if (!contents.process().equals(process)) {
        throw UserError.failure(
            "%s is a backup of a data folder of '%s', not of '%s'"
                .formatted(file, contents.process(), process));
      }
      LastingFolder.make(fresh);
      Files.setPosixFilePermissions(fresh, FOLDER);
      extract(file, contents, fresh);
      Files.deleteIfExists(folder.resolve(LOCK));
      Files.deleteIfExists(folder);
      Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE);
      LastingFolder.force(whole.resolveSibling(".").normalize());
      return contents;
    } catch (IOException e) {
      throw UserError.failure(
          "restoring %s failed: %s; %s can be deleted".formatted(file, e, fresh), e);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.allMatch(path -> path.equals(folder.resolve(LOCK)));
    }
  }

  private static void extract(Path file, Contents contents, Path folder) throws IOException {
    for (String name : contents.folders()) {
      LastingFolder.make(within(file, folder, name));
    }
    try (var zip = new ZipFile(file.toFile())) {
      for (Entry entry : contents.files()) {
        Path to = within(file, folder, entry.path());
        try (FileChannel channel =
                FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            OutputStream out = Channels.newOutputStream(channel)) {
          copy(file, zip, entry, out);
          channel.force(true);
        }
      }
    }
    for (String name : contents.folders()) {
      LastingFolder.force(within(file, folder, name));
    }
    LastingFolder.force(folder);
  }

  /** Names that lead out of the folder are not a backup's. */
  private static Path within(Path file, Path folder, String name) {
    Path path = folder.resolve(name).normalize();
    if (!path.startsWith(folder) || path.equals(folder)) {
      throw damaged(file, name + " leads out of the folder");
    }
    return path;
  }

  private static void copy(Path file, ZipFile zip, Entry entry, OutputStream out)
      throws IOException {
    ZipEntry stored = zip.getEntry(entry.path());
    if (stored == null) {
      throw damaged(file, entry.path() + " is missing");
    }
    MessageDigest digest = sha256();
    try (InputStream in = new DigestInputStream(zip.getInputStream(stored), digest)) {
      in.transferTo(out);
    } catch (ZipException e) {
      throw damaged(file, entry.path() + ": " + e.getMessage());
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
      throw damaged(file, entry.path() + " has another checksum than when it was written");
    }
  }

  private static UserError damaged(Path file, String how) {
    return UserError.failure("the backup " + file + " is damaged: " + how + "; use another one");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException _) {
      // The cause is told.
    }
  }
}
