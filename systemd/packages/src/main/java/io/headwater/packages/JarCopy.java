package io.headwater.packages;

import io.headwater.packages.Natives.Machine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Copies jars as a package has them: without other machines' native code, with that in files of its
 * own whose library takes it from there, and with no {@link OldClass}. A jar that has nothing of
 * these stays as it is, byte for byte.
 */
final class JarCopy {
  private final Set<Machine> machines;
  private final @Nullable Path natives;

  /**
   * @param natives the folder for native code in files of its own; null if it stays in its jars
   */
  JarCopy(Set<Machine> machines, @Nullable Path natives) {
    this.machines = machines;
    this.natives = natives;
  }

  void copy(Path jar, Path to) throws IOException {
    boolean changed = false;
    try (var from = new JarFile(jar.toFile(), false);
        // Not by its constructor with a manifest: entries stay in their order.
        var out = new JarOutputStream(Files.newOutputStream(to))) {
      for (Enumeration<JarEntry> all = from.entries(); all.hasMoreElements(); ) {
        JarEntry entry = all.nextElement();
        String name = entry.getName();
        if (Natives.isNative(name) && (!Natives.isWanted(name, machines) || place(from, entry))) {
          changed = true;
          continue;
        }
        byte[] content = content(from, entry);
        Optional<byte[]> modern =
            name.endsWith(".class") ? OldClass.modern(content, from) : Optional.empty();
        changed |= modern.isPresent();
        var copy = new JarEntry(name);
        copy.setTimeLocal(entry.getTimeLocal());
        out.putNextEntry(copy);
        out.write(modern.orElse(content));
        out.closeEntry();
      }
    }
    if (!changed) {
      Files.delete(to);
      Files.copy(jar, to);
    }
  }

  /** Returns whether it has a file of its own now. */
  private boolean place(JarFile from, JarEntry entry) throws IOException {
    Optional<String> place = Natives.placed(entry.getName());
    if (natives == null || place.isEmpty()) {
      return false;
    }
    Path to = natives.resolve(place.get());
    Files.createDirectories(to.getParent());
    Files.write(to, content(from, entry));
    return true;
  }

  private static byte[] content(JarFile from, JarEntry entry) throws IOException {
    try (InputStream content = from.getInputStream(entry)) {
      return content.readAllBytes();
    }
  }
}
