package io.headwater.cli;

import io.headwater.process.UserError;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** {@code --yes}: nothing is deleted without it. */
final class DeleteOption {
  @Option(names = "--yes", description = "Really deletes; without it, tells what would go.")
  private boolean yes;

  /**
   * Tells what would go, unless it was agreed to.
   *
   * @throws UserError without {@code --yes}
   */
  void require(Table doomed, PrintWriter out) {
    if (!yes) {
      doomed.print(out);
      out.flush();
      throw UserError.usage(
          "Nothing is deleted yet; repeat it with --yes to delete this for good.");
    }
  }
}
