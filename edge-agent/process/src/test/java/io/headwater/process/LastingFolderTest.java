package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** That it lasts is shown by the edge agent's test of power cuts. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class LastingFolderTest {
  @TempDir private Path place;

  @Test
  void makesAllThatAreMissingAndTakesWhatIsThere() throws IOException {
    Path folder = place.resolve("a").resolve("b").resolve("c");

    LastingFolder.make(folder);
    LastingFolder.make(folder);

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesAFile() throws IOException {
    Path file = Files.createFile(place.resolve("file"));

    assertThatThrownBy(() -> LastingFolder.make(file))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
