package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code syncfs(2)}: makes a whole file system durable by one call, whatever the number of files.
 *
 * <p>Used only where it keeps the promise of {@code fsync}: Linux from 5.8, which reports errors of
 * write-back to every descriptor that was open at the time, and file systems that wait for the data
 * and empty the disk's cache. The descriptor stays open as long as the engine, so that no error
 * falls between two calls.
 */
final class FileSystemSync implements AutoCloseable {
  private static final Set<String> TRUSTED = Set.of("ext4", "xfs", "btrfs");
  private static final int O_RDONLY_CLOEXEC = 0x80000;

  private final MethodHandle syncfs;
  private final MethodHandle close;
  private final Path folder;
  private final int descriptor;

  private FileSystemSync(MethodHandle syncfs, MethodHandle close, Path folder, int descriptor) {
    this.syncfs = syncfs;
    this.close = close;
    this.folder = folder;
    this.descriptor = descriptor;
  }

  /** Empty where the call does not exist, is not trusted or must not be made. */
  @SuppressWarnings("restricted") // three calls of the C library, by their documented signatures
  static Optional<FileSystemSync> open(Path folder) {
    try {
      if (!isLinuxFrom(5, 8) || !TRUSTED.contains(Files.getFileStore(folder).type())) {
        return Optional.empty();
      }
      Linker linker = Linker.nativeLinker();
      SymbolLookup symbols = linker.defaultLookup();
      var oneInt = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
      MethodHandle open =
          linker.downcallHandle(
              symbols.findOrThrow("open"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
              Linker.Option.firstVariadicArg(2));
      MethodHandle syncfs = linker.downcallHandle(symbols.findOrThrow("syncfs"), oneInt);
      MethodHandle close = linker.downcallHandle(symbols.findOrThrow("close"), oneInt);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment path = arena.allocateFrom(folder.toString());
        int descriptor = (int) open.invokeExact(path, O_RDONLY_CLOEXEC);
        return descriptor < 0
            ? Optional.empty()
            : Optional.of(new FileSystemSync(syncfs, close, folder, descriptor));
      }
    } catch (Throwable _) {
      return Optional.empty(); // also if native access is forbidden: files are forced one by one
    }
  }

  /**
   * Returns when everything written before is durable.
   *
   * @throws IOException something written since the opening could not be made durable; final
   */
  void sync() throws IOException {
    int result;
    try {
      result = (int) syncfs.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IOException("syncfs of " + folder + " failed", e);
    }
    if (result != 0) {
      throw new IOException("syncfs of " + folder + " failed: the disk refused or lost data");
    }
  }

  @Override
  public void close() {
    try {
      var _ = (int) close.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException("close of " + folder + " failed", e);
    }
  }

  private static boolean isLinuxFrom(int major, int minor) {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")) {
      return false;
    }
    Matcher version =
        Pattern.compile("(\\d+)\\.(\\d+).*").matcher(System.getProperty("os.version"));
    if (!version.matches()) {
      return false;
    }
    int found = Integer.parseInt(version.group(1));
    return found > major || (found == major && Integer.parseInt(version.group(2)) >= minor);
  }
}
