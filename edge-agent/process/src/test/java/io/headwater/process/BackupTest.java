package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class BackupTest {
  private static final long SEED = 20_261_129;

  @TempDir private Path folder;
  private Path data;
  private Path backup;

  @BeforeEach
  void fill() throws IOException {
    data = folder.resolve("data");
    backup = folder.resolve("backups/one.zip");
    Files.createDirectories(data.resolve("log/empty"));
    var noise = new byte[300_000];
    new Random(SEED).nextBytes(noise);
    Files.write(data.resolve("log/1.db"), noise);
    Files.writeString(data.resolve("log/2 ü.db"), "small");
    Files.writeString(data.resolve("none"), "");
  }

  /** All that is in a folder, by path; folders have no content. */
  private static Map<String, String> content(Path of) throws IOException {
    var found = new TreeMap<String, String>();
    try (Stream<Path> all = Files.walk(of)) {
      for (Path path : all.toList()) {
        String name = of.relativize(path).toString();
        if (!name.equals(".headwater.lock")) {
          found.put(
              name, Files.isDirectory(path) ? "" : "=" + Arrays.hashCode(Files.readAllBytes(path)));
        }
      }
    }
    return found;
  }

  private Path restored() {
    return folder.resolve("elsewhere/data");
  }

  @Test
  void whatIsBackedUpIsRestoredAsItWas() throws IOException {
    Backup.Contents written = Backup.write("edge", data, backup);

    assertThat(written.files()).hasSize(3);
    assertThat(written.bytes()).isEqualTo(300_005);
    assertThat(Backup.verify(backup)).isEqualTo(written);
    assertThat(Backup.restore("edge", backup, restored())).isEqualTo(written);
    assertThat(content(restored())).isEqualTo(content(data));
    assertThat(content(folder.resolve("elsewhere")).keySet())
        .noneMatch(name -> name.contains("restoring"));
  }

  @Test
  void aFolderThatAProcessHasIsLeftAlone() {
    try (var _ = DataFolder.lock(data, "edge")) {
      assertThatThrownBy(() -> Backup.write("edge", data, backup))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("is in use by pid ");
    }
    assertThat(backup).doesNotExist();
    assertThat(backup.resolveSibling("one.zip.new")).doesNotExist();
  }

  @Test
  void anotherBackupUnderWayIsLeftAlone() throws IOException {
    Files.createDirectories(backup.getParent());
    Path underWay = Files.writeString(backup.resolveSibling("one.zip.new"), "half of it");

    try (var _ = DataFolder.lock(data, "edge backup")) {
      assertThatThrownBy(() -> Backup.write("edge", data, backup))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("is in use by pid ");
    }
    assertThatThrownBy(() -> Backup.write("edge", data, backup))
        .isInstanceOf(UserError.class)
        .hasMessage(underWay + " is left of another backup; delete it");
    assertThat(underWay).hasContent("half of it");
  }

  @Test
  void onlyItsMakerReadsIt() throws IOException {
    Backup.write("edge", data, backup);
    Backup.restore("edge", backup, restored());

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(restored())))
        .isEqualTo("rwxr-x---");
  }

  @Test
  void everyDamagedByteIsNoticed() throws IOException {
    Backup.write("edge", data, backup);
    byte[] whole = Files.readAllBytes(backup);
    var random = new Random(SEED);
    for (int i = 0; i < 200; i++) {
      byte[] damaged = whole.clone();
      int at = random.nextInt(damaged.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(backup, damaged);
      try {
        Backup.restore("edge", backup, restored());
      } catch (UserError e) {
        assertThat(e).hasMessageContaining(backup.toString());
        assertThat(restored()).doesNotExist();
        continue;
      }
      // Of a zip's own fields not every bit says something of the files.
      assertThat(content(restored())).as("byte %d", at).isEqualTo(content(data));
      delete(restored());
    }
  }

  @Test
  void oneThatIsCutOffIsNoticed() throws IOException {
    Backup.write("edge", data, backup);
    byte[] whole = Files.readAllBytes(backup);
    Files.write(backup, Arrays.copyOf(whole, whole.length / 2));

    assertThatThrownBy(() -> Backup.verify(backup))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the backup " + backup + " is damaged: ");
  }

  @Test
  void whatIsThereStays() throws IOException {
    Backup.write("edge", data, backup);

    assertThatThrownBy(() -> Backup.write("edge", data, backup))
        .isInstanceOf(UserError.class)
        .hasMessage(backup + " is there already; name another file");
    assertThatThrownBy(() -> Backup.restore("edge", backup, data))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not empty and stays as it is");
    assertThatThrownBy(() -> Backup.write("edge", data, data.resolve("in.zip")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is within the data folder");
  }

  @Test
  void anotherProcessBackupIsRefused() {
    Backup.write("hub", data, backup);

    assertThatThrownBy(() -> Backup.restore("edge", backup, restored()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is a backup of a data folder of 'hub', not of 'edge'");
    assertThat(restored()).doesNotExist();
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Files.createDirectories(backup.getParent());
    try (var zip = new ZipOutputStream(Files.newOutputStream(backup))) {
      zip.putNextEntry(new ZipEntry("a"));
    }

    assertThatThrownBy(() -> Backup.verify(backup))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no backup of Headwater");
  }

  @Test
  void namesThatLeadOutOfTheFolderAreRefused() throws IOException {
    Files.createDirectories(backup.getParent());
    String empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    try (var zip = new ZipOutputStream(Files.newOutputStream(backup))) {
      zip.putNextEntry(new ZipEntry("../../evil"));
      zip.putNextEntry(new ZipEntry("headwater-backup.json"));
      zip.write(
          """
          {"process": "edge", "version": "1", "folders": [],
           "files": [{"path": "../../evil", "bytes": 0, "sha256": "%s"}]}
          """
              .formatted(empty)
              .getBytes(StandardCharsets.UTF_8));
    }

    assertThatThrownBy(() -> Backup.restore("edge", backup, restored()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("../../evil leads out of the folder");
    assertThat(folder.resolve("evil")).doesNotExist();
  }

  private static void delete(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted((one, other) -> other.compareTo(one)).toList()) {
        Files.delete(each);
      }
    }
  }
}
