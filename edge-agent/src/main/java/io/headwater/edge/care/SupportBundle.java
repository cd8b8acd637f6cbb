package io.headwater.edge.care;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A zip file of texts, each without secrets. Readable by its maker alone. */
public final class SupportBundle implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 10;
  private static final int MOST_BYTES = 4 << 20;

  /** May say no: what it says goes in in place of the text. */
  public interface Source {
    String read() throws IOException, InterruptedException;
  }

  private final ZipOutputStream zip;

  private SupportBundle(ZipOutputStream zip) {
    this.zip = zip;
  }

  /** Begins one in a file that is not there yet. */
  public static SupportBundle create(Path file) throws IOException {
    Set<PosixFilePermission> mine = PosixFilePermissions.fromString("rw-------");
    Files.createFile(file, PosixFilePermissions.asFileAttribute(mine));
    return new SupportBundle(
        new ZipOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE)));
  }

  /** Adds what there is to say; a source that fails is told of in its place. */
  public void add(String name, Source source) throws IOException, InterruptedException {
    String text;
    try {
      text = source.read();
    } catch (IOException | RuntimeException e) {
      text = "not to be had: " + e;
    }
    zip.putNextEntry(new ZipEntry(name));
    zip.write(Redaction.of(text).getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }

  /**
   * What a program prints, its errors too. One that hangs, as {@code df} does where a server of
   * files is away, is given up.
   */
  public static Source command(String... line) {
    return () -> {
      Path output = Files.createTempFile("diag", ".txt");
      try {
        Process process =
            new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        try (InputStream in = Files.newInputStream(output)) {
          return "$ "
              + String.join(" ", line)
              + "\n"
              + new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8)
              + (ended ? "" : "\n(not ended after " + PATIENCE_SECONDS + " s)\n");
        }
      } finally {
        Files.delete(output);
      }
    };
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
