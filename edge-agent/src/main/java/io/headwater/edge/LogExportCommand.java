package io.headwater.edge;

import io.headwater.process.UserError;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code headwater edge log export}. */
@Command(
    name = "export",
    description = {
      "Writes rows to a file, a JSON object a line, whole and as they are.",
      "With --file also what can be read of a file that was put aside as damaged."
    })
final class LogExportCommand implements Callable<Integer> {
  @Mixin private RowSelection rows = new RowSelection();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The file to write; it must not be there yet.")
  private Path out = Path.of("");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    var count = new AtomicLong();
    try (BufferedWriter writer = Files.newBufferedWriter(out, StandardOpenOption.CREATE_NEW)) {
      rows.forEach(row -> {
        try {
          writer.write(RowText.json(row));
          writer.newLine();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        count.incrementAndGet();
      });
    } catch (FileAlreadyExistsException _) {
      throw UserError.failure(out + " is there already; name another file with --out");
    } catch (IOException | UncheckedIOException e) {
      throw UserError.failure(out + " cannot be written: " + e.getMessage(), e);
    }
    PrintWriter told = spec.commandLine().getOut();
    told.println(count + " rows written to " + out);
    told.flush();
    return 0;
  }
}
