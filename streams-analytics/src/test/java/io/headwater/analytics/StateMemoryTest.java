package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.SmallFileSystem;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.CompactionStyle;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/** A database, opened as Streams opens its own. */
@Timeout(120)
class StateMemoryTest {
  @TempDir private Path folder;

  /**
   * RocksDB's own recovery waits behind the write that waits for it: the query's thread would hang
   * for ever, and look as if it ran.
   */
  @Test
  void aFullDiskFailsAWriteAndNeverHoldsIt() throws Exception {
    try (var disk = SmallFileSystem.mount(folder.resolve("small"), 16);
        var memory = new StateMemory(8 << 20);
        var options = new Options().setCreateIfMissing(true).setAtomicFlush(true);
        var unlogged = new WriteOptions().setDisableWAL(true)) {
      options.setTableFormatConfig(new BlockBasedTableConfig());
      options.setCompactionStyle(CompactionStyle.UNIVERSAL).setIncreaseParallelism(2);
      new StateMemory.Setter().setConfig("windows", options, Map.of(StateMemory.CONFIG, memory));
      RocksDB database = RocksDB.open(options, folder.resolve("small/windows").toString());
      disk.fill();
      // A thread of its own: nothing ends one that hangs in there.
      CompletableFuture<Void> writes = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              for (int i = 0; ; i++) {
                byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(i).array();
                database.put(unlogged, key, new byte[1_000]);
              }
            } catch (RocksDBException e) {
              writes.completeExceptionally(e);
            }
          });

      assertThatThrownBy(() -> writes.get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("No space left on device");
      database.close();
      disk.free();
      try (RocksDB again = RocksDB.open(options, folder.resolve("small/windows").toString())) {
        again.put(unlogged, new byte[] {1}, new byte[] {2});
        assertThat(again.get(new byte[] {1})).containsExactly(2);
      }
    }
  }
}
