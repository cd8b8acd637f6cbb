package io.headwater.process;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code restore} of a process. */
@Command(
    name = "restore",
    description =
        "Puts what 'backup' has written in a data folder's place, which must be empty or not"
            + " there. All of it is checked before.")
public abstract class RestoreCommand implements Callable<Integer> {
  private final String process;

  @Option(names = "--from", required = true, paramLabel = "FILE", description = "The backup.")
  private Path from = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data folder. Without it the backup is only checked.")
  private @Nullable Path data;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  protected RestoreCommand(String process) {
    this.process = process;
  }

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    Backup.Contents contents =
        data == null ? Backup.verify(from) : Backup.restore(process, from, data);
    var out = spec.commandLine().getOut();
    out.println(
        "%s: %d files, %d bytes of '%s' %s; all checksums fit.%s"
            .formatted(
                from,
                contents.files().size(),
                contents.bytes(),
                contents.process(),
                contents.version(),
                data == null ? "" : " Restored to " + data + "; its owner is now this user."));
    out.flush();
    return 0;
  }
}
