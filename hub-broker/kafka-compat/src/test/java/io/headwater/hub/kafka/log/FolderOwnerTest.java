package io.headwater.hub.kafka.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class FolderOwnerTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("meta.properties");
  }

  @Test
  void aFolderWithoutAnOwnerIsAdopted() throws Exception {
    FolderOwner.check(folder, 1).claim("abc");
    assertThat(file()).content().isEqualTo("version=1\nnode.id=1\ncluster.id=abc\n");
    FolderOwner.check(folder, 1).claim("abc");
  }

  @Test
  void lookingChangesNothing() {
    FolderOwner.check(folder.resolve("new"), 1);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFolderOfAnotherNodeIsRefused() {
    FolderOwner.check(folder, 1).claim("abc");
    assertThatThrownBy(() -> FolderOwner.check(folder, 2))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "log folder %s belongs to node.id 1, not 2; set node-id to it,"
                + " or choose another folder with --data",
            folder);
  }

  @Test
  void aFolderOfAnotherClusterIsRefused() {
    FolderOwner.check(folder, 1).claim("abc");
    assertThatThrownBy(() -> FolderOwner.check(folder, 1).claim("xyz"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("log folder %s belongs to cluster.id abc, not xyz; ", folder)
        .hasMessageNotContaining("\n");
  }

  @Test
  void aFolderOfANewerVersionIsRefused() throws Exception {
    Files.writeString(file(), "version=2\nnode.id=1\n");
    assertThatThrownBy(() -> FolderOwner.check(folder, 1))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "log folder %s has format version 2, this hub knows up to 1; ", folder);
    assertThat(file()).content().isEqualTo("version=2\nnode.id=1\n");
  }

  @Test
  void whatIsNoVersionIsToldWithItsFile() throws Exception {
    Files.writeString(file(), "version=new\n");
    assertThatThrownBy(() -> FolderOwner.check(folder, 1))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file() + " has the version 'new', which is no number");
    Files.writeString(file(), "version=\\u00zz\n");
    assertThatThrownBy(() -> FolderOwner.check(folder, 1))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file() + " cannot be read");
  }
}
