package io.headwater.edge.log;

import java.util.List;

/**
 * Counts what is written to flash: as the system does, or, where it does not, by what commits must
 * write. Confined to the writer's thread.
 */
final class FlashWrites {
  /** Pages that a commit writes whatever is in it. */
  private static final long COMMIT_BYTES = 3 * 4096;

  private final DeviceWrites device;
  private final boolean isTold;
  private long bytes;

  FlashWrites(DeviceWrites device) {
    this.device = device;
    this.isTold = device.bytes().isPresent();
  }

  /** A commit is on disk: its rows once ahead of the file, and once in it. */
  void committed(List<Write> writes) {
    if (!isTold) {
      bytes += COMMIT_BYTES;
      for (Write write : writes) {
        bytes += 2L * write.size();
      }
    }
  }

  /** Since some moment before. */
  long bytes() {
    if (isTold) {
      bytes = device.bytes().orElse(bytes);
    }
    return bytes;
  }
}
