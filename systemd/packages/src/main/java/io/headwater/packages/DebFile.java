package io.headwater.packages;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes a Debian package (deb(5)) of a folder that looks as the file system will.
 *
 * <p>Everything belongs to root; a file is executable if it is so for its owner in the folder; what
 * lies below {@code etc} is a conffile. Packed with gzip: jars and the runtime's modules are
 * compressed already.
 */
final class DebFile {
  private static final int EXECUTABLE = 0755;
  private static final int PLAIN = 0644;

  private final Path root;
  private final Instant time;

  /**
   * @param root the folder
   * @param time of everything in the package
   */
  DebFile(Path root, Instant time) {
    this.root = root;
    this.time = time;
  }

  /**
   * Writes it.
   *
   * @param fields of the control file, in order; its size is added
   * @param scripts the maintainer's, and other control files, by name
   */
  void write(Path deb, Map<String, String> fields, Map<String, String> scripts) throws IOException {
    byte[] data = tar("./", files());
    var control = new LinkedHashMap<String, byte[]>();
    control.put("control", text(control(fields)));
    String conffiles = conffiles();
    if (!conffiles.isEmpty()) {
      control.put("conffiles", text(conffiles));
    }
    control.put("md5sums", text(sums()));
    scripts.forEach((name, script) -> control.put(name, text(script)));
    try (var archive = new ArArchiveOutputStream(Files.newOutputStream(deb))) {
      member(archive, "debian-binary", text("2.0\n"));
      member(archive, "control.tar.gz", controlTar(control));
      member(archive, "data.tar.gz", data);
    }
  }

  /**
   * Writes the files as a tarball.
   *
   * @param top the folder that all are in
   */
  void writeTar(Path tarball, String top) throws IOException {
    Files.write(tarball, tar(top, files()));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> !path.equals(root)).sorted().toList();
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String control(Map<String, String> fields) throws IOException {
    var text = new StringBuilder();
    for (Map.Entry<String, String> field : fields.entrySet()) {
      if (field.getKey().equals("Description")) {
        text.append("Installed-Size: ").append(kibibytes()).append('\n');
      }
      text.append(field.getKey()).append(": ").append(field.getValue()).append('\n');
    }
    return text.toString();
  }

  private long kibibytes() throws IOException {
    long sum = 0;
    for (Path path : files()) {
      sum += Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? Files.size(path) / 1024 + 1 : 1;
    }
    return sum;
  }

  private String conffiles() throws IOException {
    var text = new StringBuilder();
    for (Path path : files()) {
      if (path.startsWith(root.resolve("etc")) && Files.isRegularFile(path)) {
        text.append('/').append(root.relativize(path)).append('\n');
      }
    }
    return text.toString();
  }

  private String sums() throws IOException {
    var text = new StringBuilder();
    for (Path path : files()) {
      if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
          && !path.startsWith(root.resolve("etc"))) {
        text.append(md5(path)).append("  ").append(root.relativize(path)).append('\n');
      }
    }
    return text.toString();
  }

  private static String md5(Path path) throws IOException {
    try {
      byte[] sum = MessageDigest.getInstance("MD5").digest(Files.readAllBytes(path));
      return String.format("%032x", new BigInteger(1, sum));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private void member(ArArchiveOutputStream archive, String name, byte[] content)
      throws IOException {
    archive.putArchiveEntry(
        new ArArchiveEntry(name, content.length, 0, 0, 0100000 | PLAIN, time.getEpochSecond()));
    archive.write(content);
    archive.closeArchiveEntry();
  }

  private byte[] controlTar(Map<String, byte[]> files) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = open(bytes)) {
      folder(tar, "./");
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        boolean isScript = new String(file.getValue(), StandardCharsets.UTF_8).startsWith("#!");
        var entry = entry("./" + file.getKey(), isScript ? EXECUTABLE : PLAIN);
        entry.setSize(file.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(file.getValue());
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private byte[] tar(String top, List<Path> files) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = open(bytes)) {
      folder(tar, top);
      for (Path file : files) {
        String name = top + root.relativize(file);
        if (Files.isSymbolicLink(file)) {
          var link = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
          link.setLinkName(Files.readSymbolicLink(file).toString());
          put(tar, owned(link, 0777));
        } else if (Files.isDirectory(file)) {
          folder(tar, name + "/");
        } else {
          var entry = entry(name, isExecutable(file) ? EXECUTABLE : PLAIN);
          entry.setSize(Files.size(file));
          tar.putArchiveEntry(entry);
          Files.copy(file, tar);
          tar.closeArchiveEntry();
        }
      }
    }
    return bytes.toByteArray();
  }

  private static boolean isExecutable(Path file) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    return permissions.contains(PosixFilePermission.OWNER_EXECUTE);
  }

  private static TarArchiveOutputStream open(OutputStream out) throws IOException {
    var tar = new TarArchiveOutputStream(new GZIPOutputStream(out), "UTF-8");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU); // what dpkg reads
    return tar;
  }

  private void folder(TarArchiveOutputStream tar, String name) throws IOException {
    put(tar, entry(name, EXECUTABLE));
  }

  private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry) throws IOException {
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private TarArchiveEntry entry(String name, int mode) {
    return owned(new TarArchiveEntry(name), mode);
  }

  private TarArchiveEntry owned(TarArchiveEntry entry, int mode) {
    entry.setMode(mode);
    entry.setIds(0, 0);
    entry.setNames("root", "root");
    entry.setModTime(time.toEpochMilli());
    return entry;
  }
}
