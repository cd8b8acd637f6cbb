package io.headwater.analytics;

import java.util.Map;
import java.util.Objects;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * The off-heap memory that all state stores of the process share.
 *
 * <p>A windowed store is several RocksDB databases per partition, and each would take 50 MB of
 * cache and up to 48 MB of write buffers of its own.
 */
final class StateMemory implements AutoCloseable {
  /** Where Streams' configuration carries this object to {@link Setter}. */
  static final String CONFIG = "headwater.state.memory";

  private static final long WRITE_BUFFER_BYTES = 1L << 20;

  private final Cache cache;
  private final WriteBufferManager writeBuffers;

  /**
   * @param bytes for blocks, indexes and write buffers together
   */
  StateMemory(long bytes) {
    RocksDB.loadLibrary();
    cache = new LRUCache(bytes);
    writeBuffers = new WriteBufferManager(bytes / 2, cache);
  }

  @Override
  public void close() {
    writeBuffers.close();
    cache.close();
  }

  /** Made by Streams, for each database that it opens. */
  public static final class Setter implements RocksDBConfigSetter {
    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
      var memory = (StateMemory) Objects.requireNonNull(configs.get(CONFIG));
      var table = (BlockBasedTableConfig) options.tableFormatConfig();
      table.setBlockCache(memory.cache);
      table.setCacheIndexAndFilterBlocks(true);
      table.setPinTopLevelIndexAndFilter(true);
      options.setTableFormatConfig(table);
      options.setWriteBufferManager(memory.writeBuffers);
      options.setWriteBufferSize(WRITE_BUFFER_BYTES);
      options.setMaxWriteBufferNumber(2);
    }

    @Override
    public void close(String storeName, Options options) {
      // The memory outlives the stores; Analytics closes it after them.
    }
  }
}
