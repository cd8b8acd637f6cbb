package io.headwater.analytics;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.AbstractEventListener;
import org.rocksdb.BackgroundErrorReason;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.Status;
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

  static {
    RocksDB.loadLibrary();
  }

  private final Cache cache;
  private final WriteBufferManager writeBuffers;
  private final NoRecovery noRecovery = new NoRecovery();

  /**
   * @param bytes for blocks, indexes and write buffers together
   */
  StateMemory(long bytes) {
    cache = new LRUCache(bytes);
    writeBuffers = new WriteBufferManager(bytes / 2, cache);
  }

  @Override
  public void close() {
    noRecovery.close();
    writeBuffers.close();
    cache.close();
  }

  /**
   * Lets a write fail when the disk is full, so that its query is tried again from the hub.
   *
   * <p>RocksDB would mend itself when there is room again. But it flushes all column families at
   * once for Streams, and that flush waits for the writer which waits for it: the query's thread
   * hangs for ever, and looks as if it ran.
   *
   * <p>RocksDB 10.1's binding does not know the reason of a failed flush without a log, and says so
   * on standard error; that counts as a no, too.
   */
  private static final class NoRecovery extends AbstractEventListener {
    NoRecovery() {
      super(EnabledEventCallback.ON_ERROR_RECOVERY_BEGIN);
    }

    @Override
    public boolean onErrorRecoveryBegin(BackgroundErrorReason reason, Status error) {
      return false;
    }
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
      options.setListeners(List.of(memory.noRecovery));
    }

    @Override
    public void close(String storeName, Options options) {
      // The memory outlives the stores; Analytics closes it after them.
    }
  }
}
