package io.headwater.sim.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.SmallFileSystem;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DiskFillerTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int MIB = 1 << 20;

  @TempDir private Path folder;

  private long free() throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  @Test
  void fillsToTheBrimAgainAndAgainAndFreesAtTheEnd() throws Exception {
    try (SmallFileSystem _ = SmallFileSystem.mount(folder, 8)) {
      Path others = folder.resolve("others");
      Files.write(others, new byte[3 * MIB]);
      try (var _ = new DiskFiller(folder)) {
        assertNothingFits();
        Files.delete(others);
        Awaitility.await().atMost(LIMIT).until(() -> free() == 0);
        assertNothingFits();
      }
      assertThat(free()).isGreaterThan(7 * MIB);
      assertThat(folder).isEmptyDirectory();
    }
  }

  private void assertNothingFits() {
    Path file = folder.resolve("one-more");
    assertThatThrownBy(() -> Files.write(file, new byte[1 << 10]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left on device");
    assertThat(file.toFile().delete()).isTrue();
  }

  @Test
  void freesWhenTheJvmIsToldToEndAndAfterSigkillAtTheNextStart(@TempDir Path work)
      throws Exception {
    try (SmallFileSystem _ = SmallFileSystem.mount(folder, 8)) {
      try (ChildProcess told = startFiller(work)) {
        assertNothingFits();
        told.terminate();
      }
      assertThat(folder).isEmptyDirectory();
      try (ChildProcess killed = startFiller(work)) {
        killed.kill();
      }
      assertNothingFits();
      new DiskFiller(folder).close();
      assertThat(folder).isEmptyDirectory();
    }
  }

  private ChildProcess startFiller(Path work) {
    ChildProcess filler =
        ChildProcess.start(
            work,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            FillUntilTold.class.getName(),
            folder.toString());
    filler.awaitReady(LIMIT);
    return filler;
  }

  @Test
  void refusesToFillALargeDisk() throws IOException {
    FileStore store = Files.getFileStore(folder);
    assertThatThrownBy(() -> new DiskFiller(folder, 0))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("folder " + folder + " is on " + store.name())
        .hasMessageContaining(" MiB free, more than the 0 MiB")
        .hasMessageContaining("mount -t tmpfs -o size=256m tmpfs " + folder);
    assertThat(folder).isEmptyDirectory();
  }
}
