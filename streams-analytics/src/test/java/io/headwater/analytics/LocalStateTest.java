package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LocalStateTest {
  @TempDir private Path folder;
  private Path store = Path.of("");
  private Path identity = Path.of("");

  @BeforeEach
  void openAStore() throws IOException {
    new LocalState(folder, "app").open();
    store = folder.resolve("app/0_1/windows/rocksdb/CURRENT");
    identity = folder.resolve("app/kafka-streams-process-metadata");
    Files.createDirectories(store.getParent());
    Files.writeString(store, "x");
    Files.writeString(identity, "x");
  }

  @Test
  void storesSurviveACleanStop() {
    new LocalState(folder, "app").closed();

    new LocalState(folder, "app").open();

    assertThat(store).exists();
  }

  @Test
  void storesOfAnUncleanStopAreDeletedAndTheIdentityStays() {
    new LocalState(folder, "app").open();

    assertThat(folder.resolve("app/0_1")).doesNotExist();
    assertThat(identity).exists();
  }

  /** Otherwise rows of the topic that a table had before would be found in it. */
  @Test
  void tablesGoWithTheOtherStores() throws IOException {
    Path table = folder.resolve("app/global/rocksdb/table/CURRENT");
    Files.createDirectories(table.getParent());
    Files.writeString(table, "x");

    new LocalState(folder, "app").delete();

    assertThat(folder.resolve("app/global")).doesNotExist();
    assertThat(store).doesNotExist();
    assertThat(identity).exists();
  }

  @Test
  void anUncleanStopOfAnotherQueryChangesNothing() {
    new LocalState(folder, "app").closed();
    new LocalState(folder, "other").open();
    new LocalState(folder, "other").open();

    assertThat(store).exists();
  }
}
