package io.headwater.process;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code backup} of a process. */
@Command(
    name = "backup",
    description =
        "Copies the data folder into one file, with checksums, and reads that again. The process"
            + " must not run: stop it first.")
public abstract class BackupCommand implements Callable<Integer> {
  private final String process;

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "The data folder.")
  private Path data = Path.of("");

  @Option(
      names = "--into",
      required = true,
      paramLabel = "FILE",
      description = "Where it goes; a zip file.")
  private Path into = Path.of("");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  protected BackupCommand(String process) {
    this.process = process;
  }

  /**
   * Looks at the folder first.
   *
   * @throws UserError if it is not one that can be backed up by itself
   */
  protected void check(Path folder) {}

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    check(data);
    Backup.Contents contents = Backup.write(process, data, into);
    var out = spec.commandLine().getOut();
    out.println(
        "Wrote %s: %d files, %d bytes; read again, all checksums fit."
            .formatted(into, contents.files().size(), contents.bytes()));
    out.flush();
    return 0;
  }
}
