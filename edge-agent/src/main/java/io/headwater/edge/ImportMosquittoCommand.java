package io.headwater.edge;

import io.headwater.edge.remote.MosquittoBridges;
import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge import-mosquitto}. */
@Command(
    name = "import-mosquitto",
    description =
        "Prints the section 'remotes:' that does what the bridges of a Mosquitto configuration do."
            + " What has no counterpart is a comment with its line number.")
final class ImportMosquittoCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      description = "Configuration of Mosquitto: /etc/mosquitto/conf.d/bridge.conf.")
  private Path file = Path.of("");

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
    var out = spec.commandLine().getOut();
    out.print(MosquittoBridges.translate(file.toString(), read()));
    out.flush();
    return 0;
  }

  private String read() {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw UserError.failure(file + ": there is no such file", e);
    } catch (MalformedInputException e) {
      throw UserError.failure(file + ": is not UTF-8 text", e);
    } catch (IOException e) {
      throw UserError.failure(file + ": cannot be read (" + e + ")", e);
    }
  }
}
